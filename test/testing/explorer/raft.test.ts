import { afterAll, describe, expect, it } from 'vitest';
import * as raftModule from '../../../src/raft/index.js';
import { exploreMachines, formatPath } from '../../../src/testing/index.js';
import { raftRemovals } from '../../models/index.js';
import {
  adding,
  changing,
  handingOver,
  raft,
  reading,
  serversSymmetry,
  type ExploredRaft,
  type RaftModelOptions,
} from '../../models/raft.js';
import { plant, uproot, type Mutant } from '../../mutants.js';

function outcomes(options: RaftModelOptions): readonly string[] {
  return exploreMachines(raft(options)).properties.map(({ outcome }) => outcome);
}

describe('the Raft machine, every order of events', () => {
  it('elects and replicates safely: three nodes, one election each, one command', () => {
    const result = exploreMachines(raft({ elections: 1 }));
    const { distinct, generated } = result;
    expect(distinct).toBeGreaterThan(10_000);
    expect(result).toMatchObject({ complete: true, violation: null });
    expect(result.properties.map(({ outcome }) => outcome)).toEqual(['holds', 'holds', 'holds']);
    const depthFirst = exploreMachines(raft({ elections: 1 }), { order: 'depth-first' });
    expect(depthFirst).toMatchObject({ distinct, generated, complete: true });
  });

  it('survives a crash of any node at any moment', () => {
    expect(outcomes({ elections: 1, crashes: 1 })).toEqual(['holds', 'holds', 'holds']);
  });

  it('is safe when two terms overlap', () => {
    const result = exploreMachines(raft({ elections: 2, network: { maxInFlight: 3 } }));
    expect(result).toMatchObject({ complete: true, violation: null });
    expect(result.properties.map(({ outcome }) => outcome)).toEqual(['holds', 'holds', 'holds']);
  });

  it('is safe while writes are slow', () => {
    const result = exploreMachines(raft({ elections: 1, crashes: 1, storage: 'later', network: { maxInFlight: 2 } }));
    expect(result).toMatchObject({ complete: true, violation: null });
  });
});

const three = { maxInFlight: 3, lossy: 1 };
const two = { maxInFlight: 2, lossy: true };

describe('the Raft machine, asked for more than commands', () => {
  it.each<[string, RaftModelOptions]>([
    ['a loss, a repeated message and a crash', { elections: 1, crashes: 1, network: { ...three, duplicating: 1 } }],
    ['members that become fewer, in one step or in two', { elections: 2, ask: changing, network: three }],
    ['a member that is added', { elections: 2, founders: 2, heartbeats: 1, ask: adding, network: three }],
    ['leadership that is handed over', { elections: 1, requests: 2, crashes: 1, ask: handingOver, network: two }],
    ['reads elsewhere, with a crash between', { elections: 1, requests: 3, crashes: 1, ask: reading, network: three }],
  ])('keeps what it must: %s', { timeout: 120_000 }, (_, options) => {
    const symmetry = options.ask === reading ? { symmetry: serversSymmetry() } : {};
    const result = exploreMachines({ ...raft(options), ...symmetry });
    expect(result).toMatchObject({ complete: true, violation: null });
    for (const { name, outcome } of result.properties) expect([name, outcome]).toEqual([name, 'holds']);
  });
});

describe('the Raft machine with a planted bug', () => {
  it('elects two leaders in a term when it forgets its vote', () => {
    const module: ExploredRaft = {
      ...raftModule,
      replay: (state, record) =>
        raftModule.replay(state, record.type === 'hardState' ? { ...record, votedFor: null } : record),
    };
    const { violation } = exploreMachines(raft({ elections: 1, crashes: 1, module }));
    expect(violation!.path!.at(-1)!.state.history.problem).toMatch(/n\d and n\d lead in term 2/);
    expect(formatPath(violation!.path!)).toMatch(/crash and restart/);
  });

  it('elects two leaders in a term when it answers before its vote is durable', () => {
    const create: ExploredRaft['create'] = (options, state) => {
      const machine = raftModule.create(options, state);
      const take = machine.take.bind(machine);
      machine.take = () => {
        const effects = take();
        if (effects.messages.length === 0) return effects;
        return { ...effects, messages: effects.messages.map((outgoing) => ({ ...outgoing, after: 0 })) };
      };
      return machine;
    };
    const module: ExploredRaft = { ...raftModule, create };
    const { violation } = exploreMachines(raft({ elections: 1, crashes: 1, storage: 'later', module }));
    expect(violation!.path!.at(-1)!.state.history.problem).toMatch(/n\d and n\d lead in term 2/);
  });

  it('reads what is old when an answer to a question of an earlier run is taken', { timeout: 60_000 }, () => {
    const create: ExploredRaft['create'] = (options, state) => raftModule.create({ ...options, incarnation: 0 }, state);
    const module: ExploredRaft = { ...raftModule, create };
    const network = { maxInFlight: 4, lossy: 1 };
    const model = raft({ elections: 1, requests: 3, crashes: 1, ask: reading, network, module });
    const { violation } = exploreMachines({ ...model, symmetry: serversSymmetry() });
    expect(violation!.path!.at(-1)!.state.history.problem).toMatch(/reads at \d/);
  });

  const separately: Mutant = {
    name: 'explored - appends a configuration while another is open',
    suite: 'test/testing/explorer/raft.test.ts',
    file: 'raft/membership.ts',
    find: 'configurationIndex(state) > commitIndex || ',
    replace: '',
  };
  const tooEarly: Mutant = {
    name: 'explored - changes members before an entry of its own term is committed',
    suite: 'test/testing/explorer/raft.test.ts',
    file: 'raft/membership.ts',
    find: ' || commitIndex < termStartIndex',
    replace: '',
  };
  afterAll(() => [separately, tooEarly].forEach(uproot));

  it('has two open configurations when a change does not wait for the step before', async () => {
    const module = (await import(`${plant(separately)}raft/index.ts`)) as ExploredRaft;
    const { violation } = exploreMachines(raft({ elections: 2, ask: changing, network: three, module }));
    expect(violation!.name).toBe('a leader has one configuration of its term that is not committed');
  });

  it(
    'loses what was committed when members change too early (Ongaro, raft-dev, 2015)',
    { timeout: 240_000 },
    async () => {
      const module = (await import(`${plant(tooEarly)}raft/index.ts`)) as ExploredRaft;
      const { violation } = exploreMachines(raftRemovals(3, module));
      expect(violation!.path!.at(-1)!.state.history.problem).toMatch(
        /^n1 applied configuration of term 2 at 3, not noop/,
      );
    },
  );
});
