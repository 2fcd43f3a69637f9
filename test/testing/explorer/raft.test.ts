import { describe, expect, it } from 'vitest';
import * as raftModule from '../../../src/raft/index.js';
import { exploreMachines, formatPath } from '../../../src/testing/index.js';
import { raft, type ExploredRaft, type RaftModelOptions } from '../../models/raft.js';

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
});
