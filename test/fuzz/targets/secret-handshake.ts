import { Handshake, type Verdict } from '../../../src/transport/stream/handshake.js';
import { encodeRefusal, parseHandshakeFrame } from '../../../src/transport/stream/hello.js';
import { createProver } from '../../../src/transport/stream/prover.js';
import { concatenate } from '../mutate.js';
import type { Random } from '../random.js';
import { ensure, type Target } from '../target.js';

/** What a side may have for a secret: the first one signs, each verifies. */
const SECRETS = [['number one'], ['number two', 'number one'], ['number three'], ['number one', 'number two'], []].map(
  (names) => names.map((name) => `a secret, ${name}`),
);
const PROVERS = SECRETS.map((secrets) => createProver(secrets.length === 0 ? undefined : secrets));
const REASONS = ['malformed', 'refused-by-peer', 'version', 'cluster', 'own-id', 'unexpected-id', 'unauthenticated'];

/** What somebody on the wire does with a frame. */
const KINDS = ['pass', 'damage', 'repeat', 'repeat of another connection', 'make up'] as const;
/** Marks a step that does not wait until the sides have computed what they say to it. */
const HASTY = 0x80;

/** The steps by which a handshake comes to its end: 0 is the next frame for the acceptor, 1 the next for the dialer. */
const WHOLE = [0, 1, 1, 0, 1];

/**
 * A handshake of two sides with secrets, and somebody on the wire who has none: passes frames on, damages them, says
 * again what was said to either side, here or on another connection, and makes frames up. The first byte of an input
 * says which secrets the sides have; steps of two bytes follow.
 */
export const secretHandshake: Target = {
  name: 'secret-handshake',
  valid: (random) => concatenate([secretsOf(random), ...WHOLE.map((to) => Uint8Array.of(to, random.byte()))]),
  generate(random) {
    const steps: Uint8Array[] = WHOLE.map((to) => Uint8Array.of(to, random.byte()));
    for (let left = 1 + random.below(3); left > 0; left--)
      steps.splice(random.below(steps.length + 1), 0, step(random));
    return concatenate([secretsOf(random), ...steps]);
  },
  async check(input) {
    const wire = new Wire(input[0] ?? 0);
    for (let at = 1; at < input.length;) at = await wire.step(input, at);
    await wire.settled();
    wire.ensureOpenIfNothingHappened();
    return wire.sides.every(({ state }) => state === 'open') ? 'accepted' : 'rejected';
  },
};

/** Mostly secrets that fit. */
function secretsOf(random: Random): Uint8Array {
  return Uint8Array.of(random.oneIn(4) ? random.byte() : random.pick([0, 1, 5, 6, 18]));
}

function step(random: Random): Uint8Array {
  const kind = random.below(KINDS.length);
  const head = Uint8Array.of((random.oneIn(3) ? HASTY : 0) + kind * 2 + random.below(2), random.below(64));
  return kind === KINDS.indexOf('make up') ? concatenate([head, random.bytes(head[1]!)]) : head;
}

/** A connection whose frames go where the steps say. */
class Wire {
  readonly sides: readonly [acceptor: Side, dialer: Side];
  #touched = false;
  readonly #underWay: Promise<void>[] = [];

  constructor(secrets: number) {
    const [acceptor, dialer] = [secrets % SECRETS.length, Math.floor(secrets / SECRETS.length) % SECRETS.length];
    const neither = SECRETS[acceptor]!.length + SECRETS[dialer]!.length === 0;
    this.sides = [new Side('a', null, acceptor), new Side('b', 'a', neither ? 0 : dialer)];
  }

  /** Takes one step, and returns where the next one begins. */
  async step(input: Uint8Array, start: number): Promise<number> {
    const [head, at] = [input[start]!, input[start + 1] ?? 0];
    const kind = KINDS[(head >> 1) % KINDS.length]!;
    const end = start + 2 + (kind === 'make up' ? at : 0);
    const [side, other] = head % 2 === 0 ? this.sides : ([this.sides[1], this.sides[0]] as const);
    const body = kind === 'make up' ? input.slice(start + 2, end) : await this.#find(kind, at, side, other);
    if (kind !== 'pass') this.#touched = true;
    const computed = body === undefined ? undefined : side.receive(body, other);
    if (head >= HASTY && computed !== undefined) this.#underWay.push(computed);
    else await computed;
    return end;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** What nobody touched ends well, unless one of the sides has no secret of the other. */
  ensureOpenIfNothingHappened(): void {
    const [a, b] = this.sides;
    if (this.#touched || a.taken < b.said.length || b.taken < a.said.length) return;
    const fits = a.secrets.includes(b.secrets[0]!) && b.secrets.includes(a.secrets[0]!);
    const states = `${a.state} and ${b.state}`;
    if (fits) ensure(states === 'open and open', `an untouched handshake ends ${states}`);
    else ensure(states.includes('refused'), `secrets that do not fit end ${states}`);
  }

  async #find(kind: string, at: number, side: Side, other: Side): Promise<Uint8Array | undefined> {
    if (kind === 'repeat of another connection') return (await recorded())[at % WHOLE.length];
    if (kind === 'repeat') return this.sides.flatMap(({ said }) => said)[at % 8];
    const body = other.said[side.taken];
    if (body === undefined) return undefined;
    side.taken++;
    if (kind === 'pass') return body;
    const damaged = body.slice();
    damaged[at % body.length]! ^= 1 << (at % 8);
    return damaged;
  }
}

let recording: Promise<Uint8Array[]> | null = null;

/** All that was said on an earlier connection of the two, with the first secret. */
function recorded(): Promise<Uint8Array[]> {
  return (recording ??= record());
}

async function record(): Promise<Uint8Array[]> {
  const wire = new Wire(0);
  for (const to of WHOLE) await wire.step(Uint8Array.of(to, 0), 0);
  const [acceptor, dialer] = wire.sides;
  return [...dialer.said, ...acceptor.said];
}

/** One side of a connection, driven as the transport drives it. */
class Side {
  state: 'waiting' | 'open' | 'refused' = 'waiting';
  readonly handshake: Handshake;
  readonly secrets: readonly string[];
  readonly said: Uint8Array[] = [];
  readonly heard: Uint8Array[] = [];
  /** How many of the frames that the other side said have left the wire. */
  taken = 0;
  readonly #dialed: boolean;

  constructor(id: string, dialed: string | null, secrets: number) {
    const self = { id, cluster: 'test', incarnation: '1', maxFrameBytes: 1024, prover: PROVERS[secrets]! };
    this.secrets = SECRETS[secrets]!;
    this.handshake = new Handshake(self, dialed, () => null);
    this.#dialed = dialed !== null;
    if (dialed !== null) this.said.push(this.handshake.start(dialed));
  }

  /** What is said to a side whose handshake is over goes elsewhere. */
  receive(body: Uint8Array, other: Side): void | Promise<void> {
    if (this.state !== 'waiting') return;
    this.heard.push(body);
    const verdict = this.handshake.receive(body);
    if (verdict instanceof Promise) return verdict.then((later) => this.#carryOut(later, other));
    this.#carryOut(verdict, other);
  }

  #carryOut(verdict: Verdict, other: Side): void {
    if (this.state !== 'waiting') return;
    if (verdict.type === 'continue') {
      this.said.push(...verdict.send);
    } else if (verdict.type === 'accepted') {
      this.state = 'open';
      if (this.secrets.length > 0) ensureProven(this, other);
      if (!this.#dialed) this.said.push(this.handshake.acceptance());
    } else {
      this.state = 'refused';
      ensure(REASONS.includes(verdict.reason), `the reason ${verdict.reason} is no known one`);
      ensure(
        verdict.detail !== '' && verdict.detail.length < 1000,
        `the detail has ${verdict.detail.length} characters`,
      );
      if (verdict.aloud) this.said.push(encodeRefusal(verdict.reason));
    }
  }
}

/** Both sides have heard the hello that the other one said, and this one a proof that the other one made for it. */
function ensureProven(side: Side, other: Side): void {
  ensure(side.secrets.includes(other.secrets[0]!), 'who is accepted signs with a secret that this side has');
  ensure(
    isSame(side.heard[0], other.said[0]) && isSame(other.heard[0], side.said[0]),
    'the hellos are as they were said',
  );
  ensure(side.heard.length > 1 && other.said.length > 1, 'who is accepted has said a proof');
  const [heard, said] = [side.heard[1]!, other.said[1]!].map(parseHandshakeFrame);
  ensure(
    heard?.type === 'proof' && said?.type === 'proof' && isSame(heard.proof, said.proof),
    "the proof is the other side's",
  );
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
}
