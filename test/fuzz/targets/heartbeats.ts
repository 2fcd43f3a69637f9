import { messagePackCodec } from '../../../src/codec/index.js';
import { isNodeId, NOTHING } from '../../../src/core/index.js';
import { create, initialState, parseMessage } from '../../../src/detector/heartbeats.js';
import type { HeartbeatMachine, HeartbeatMessage } from '../../../src/detector/heartbeats.js';
import { formatGpid, parseGpid } from '../../../src/id/index.js';
import type { Random } from '../random.js';
import { decoded, ensure, ensureSame, sizeOf, type Target } from '../target.js';
import { mutateValue } from '../values.js';

const codec = messagePackCodec();
const OPTIONS = { gpid: parseGpid('10.0.0.1:1:1:1'), watchAll: true, maxPeers: 4, intervalMs: 1000 };
const HONEST = '10.0.0.9:1:1:1';

/** A monitor at the mercy of forged messages, `[from, message]` or milliseconds that pass, with an honest peer besides. */
export const heartbeats: Target = {
  name: 'heartbeats',
  valid: (random) => codec.encode(script(random)),
  generate: (random) => codec.encode(mutateValue(random, script(random))),
  check(input) {
    const result = decoded(() => codec.decode(input));
    if (result === undefined || !Array.isArray(result.value)) return 'rejected';
    const run = new ForgedRun();
    let taken = 0;
    for (const step of result.value as readonly unknown[]) if (run.step(step)) taken++;
    run.finish();
    return taken > 0 ? 'accepted' : 'rejected';
  },
};

function script(random: Random): unknown[] {
  const sender = (): string => (random.oneIn(8) ? random.name() : random.pick(['b', 'c']));
  return random.list(12, () => (random.oneIn(4) ? random.below(3000) : [sender(), message(random)]));
}

function message(random: Random): HeartbeatMessage {
  const run = random.oneIn(10) ? random.name(90) : `10.0.0.2:1:${random.pick([1, 2, 3, random.count()])}:7`;
  if (random.oneIn(8)) return { type: 'stopping', run };
  const sequence = random.oneIn(6) ? random.count() : random.below(20);
  const beat = {
    type: 'beat',
    run,
    sequence,
    sentAt: random.count(),
    intervalMs: random.pick([1, 100, 1000]),
  } as const;
  const metadata = Object.fromEntries(random.list(3, () => [random.name(20), random.name(200)]));
  return random.oneIn(2) ? beat : { ...beat, load: random.count(), metadata };
}

class ForgedRun {
  readonly #machine: HeartbeatMachine = create(OPTIONS, initialState(OPTIONS));
  #now = 0;
  #sequence = 0;
  #said: string[] = [];

  constructor() {
    this.#input({ type: 'wake' });
    this.#pass(1000);
  }

  /** Whether the step was one. */
  step(step: unknown): boolean {
    if (typeof step === 'number') {
      this.#pass(Math.min(Math.abs(step), 3000) || 1);
      return false;
    }
    if (!Array.isArray(step)) return false;
    const [from, value] = step as unknown[];
    const message = parseMessage(value);
    if (message === undefined || !isNodeId(from) || from === 'honest') return false;
    ensureSame('parsed, parsed', message, parseMessage(message));
    this.#input({ type: 'message', from, message });
    ensure(sizeOf(this.#machine.state()) < 20_000, 'the state of four peers grows');
    return true;
  }

  /** Whoever else is watched is judged as ever, and so are the forgers, once they are silent. */
  finish(): void {
    ensureSame('what was said of the honest peer', ['trusted'], this.#said);
    for (let second = 0; second < 60; second++) this.#pass(1000);
    for (const { id, condition, run } of this.#machine.peers(this.#now)) {
      if (id !== 'honest') ensure(condition !== 'trusted', `${id} is trusted, silent as it is`);
      if (run !== null) ensureSame('a run that is known', run, formatGpid(parseGpid(run)));
    }
    ensureSame('what was said of the honest peer', ['trusted'], this.#said);
  }

  /** Time passes, and the honest peer beats every second. */
  #pass(ms: number): void {
    for (const end = this.#now + ms; this.#now < end;) {
      const beatAt = 1000 * (this.#sequence + 1);
      this.#now = Math.min(end, beatAt, Math.max(this.#machine.wakeAt, this.#now));
      this.#input({ type: 'wake' });
      if (this.#now < beatAt) continue;
      const beat = {
        type: 'beat',
        run: HONEST,
        sequence: this.#sequence++,
        sentAt: this.#now,
        intervalMs: 1000,
      } as const;
      this.#input({ type: 'message', from: 'honest', message: beat });
    }
  }

  #input(input: Parameters<HeartbeatMachine['step']>[0]): void {
    this.#machine.step(input, this.#now);
    for (let effects = this.#machine.take(); effects !== NOTHING; effects = this.#machine.take())
      for (const { output } of effects.outputs)
        if ('peer' in output && output.peer === 'honest') this.#said.push(output.type);
  }
}
