import { messagePackCodec } from '../../../src/codec/index.js';
import { NOTHING } from '../../../src/core/index.js';
import {
  configurationOf,
  create,
  initialState,
  parseMessage,
  replay,
  type RaftMachine,
  type RaftState,
} from '../../../src/raft/index.js';
import { raftMessage } from '../raft-messages.js';
import type { Random } from '../random.js';
import { decoded, ensure, type Target } from '../target.js';
import { mutateValue } from '../values.js';

const codec = messagePackCodec();
const OPTIONS = { id: 'a', seed: 1, electionTimeoutMs: 100, heartbeatIntervalMs: 10 };
const VOTERS = ['a', 'b', 'c'].map((id) => ({ id, address: null }));

/** A server of three at the mercy of forged messages: a list of `[from, message]`, or of milliseconds that pass. */
export const raftMachine: Target = {
  name: 'raft-machine',
  valid: (random) => codec.encode(script(random)),
  generate: (random) => codec.encode(mutateValue(random, script(random))),
  check(input) {
    const result = decoded(() => codec.decode(input));
    if (result === undefined || !Array.isArray(result.value)) return 'rejected';
    const run = new ForgedRun();
    let taken = 0;
    for (const step of result.value as readonly unknown[]) if (run.step(step)) taken++;
    return taken > 0 ? 'accepted' : 'rejected';
  },
};

function script(random: Random): unknown[] {
  const small = (): number => (random.oneIn(12) ? Math.min(random.count(), 2 ** 40) : random.below(6));
  const sender = (): string => (random.oneIn(4) ? random.name() : random.pick(['b', 'c']));
  return random.list(12, () => (random.oneIn(4) ? random.below(300) : [sender(), raftMessage(random, small)]));
}

/** A server whose disk, snapshots and state machine answer at once. */
class ForgedRun {
  readonly #machine: RaftMachine;
  #now = 0;
  #written = 0;

  constructor() {
    const state = initialState(OPTIONS);
    replay(state, { type: 'configuration', index: 1, term: 1, data: configurationOf(VOTERS) });
    this.#machine = create(OPTIONS, state);
    this.#input({ type: 'wake' });
  }

  /** Whether the step was one. */
  step(step: unknown): boolean {
    if (typeof step === 'number') {
      this.#now += Math.min(Math.abs(step), 1000);
      if (this.#machine.wakeAt <= this.#now) this.#input({ type: 'wake' });
      return false;
    }
    const [from, value] = Array.isArray(step) ? (step as unknown[]) : [];
    const message = parseMessage(value);
    if (typeof from !== 'string' || message === undefined) return false;
    this.#input({ type: 'message', from, message });
    return true;
  }

  #input(input: Parameters<RaftMachine['step']>[0]): void {
    const { currentTerm, commitIndex } = this.#machine.state();
    this.#machine.step(input, this.#now);
    for (let turns = 0; ; turns++) {
      ensure(turns < 1000, 'it does not come to rest');
      const effects = this.#machine.take();
      if (effects === NOTHING) break;
      this.#written += effects.writes.length;
      if (effects.writes.length > 0) this.#machine.step({ type: 'stored', upTo: this.#written }, this.#now);
      for (const { output } of effects.outputs) this.#answer(output);
    }
    ensureState(this.#machine.state(), currentTerm, commitIndex);
  }

  #answer(output: ReturnType<RaftMachine['take']>['outputs'][number]['output']): void {
    const command = (command: Parameters<RaftMachine['step']>[0] & { type: 'command' }): void =>
      this.#machine.step(command, this.#now);
    if (output.type === 'apply') {
      command({ type: 'command', command: { type: 'applied', index: output.entries.at(-1)!.index } });
    } else if (output.type === 'receiveSnapshot') {
      const { index, offset, data, done } = output;
      command({ type: 'command', command: { type: 'snapshotReceived', index, offset: offset + data.length } });
      if (done) command({ type: 'command', command: { type: 'installed', index } });
    }
  }
}

function ensureState(state: RaftState, termBefore: number, commitBefore: number): void {
  const { currentTerm, commitIndex, lastApplied, log, votes, role, configurations } = state;
  ensure(
    currentTerm >= termBefore && Number.isSafeInteger(currentTerm),
    `the term went from ${termBefore} to ${currentTerm}`,
  );
  ensure(commitIndex >= commitBefore, `the commit index went from ${commitBefore} to ${commitIndex}`);
  ensure(commitIndex <= log.lastIndex, `committed up to ${commitIndex} of a log that ends at ${log.lastIndex}`);
  ensure(lastApplied <= commitIndex, `applied up to ${lastApplied} and committed up to ${commitIndex}`);
  ensure(
    log.entries.every(({ index }, i) => index === log.lastIndex - log.entries.length + 1 + i),
    'the log has a gap',
  );
  const { index = 0, configuration = configurationOf([]) } = configurations.at(-1) ?? {};
  const voters = [...configuration.voters, ...configuration.outgoing].map(({ id }) => id);
  ensure(
    Object.keys(votes).every((id) => id === 'a' || voters.includes(id)), // its own is not counted when it is no voter
    `votes of ${Object.keys(votes).join(' ')} are kept`,
  );
  if (role === 'leader')
    ensure(voters.includes('a') || index > commitIndex, 'it leads though its removal is committed');
}
