import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codec/index.js';
import { Handshake, type HandshakeSelf, type Verdict } from '../../src/transport/stream/handshake.js';
import { createProver, type Prover, type Secret } from '../../src/transport/stream/prover.js';

const SECRET = 'correct horse battery staple';
const codec = messagePackCodec();

function self(id: string, secret?: Secret | readonly Secret[], cluster = 'test'): HandshakeSelf {
  return { id, cluster, incarnation: `run of ${id}`, maxFrameBytes: 1000, prover: createProver(secret) };
}

/** Two nodes that shake hands; `change` may replace each body under way, and sees who said it. */
class Pair {
  readonly dialer: Handshake;
  readonly acceptor: Handshake;
  readonly said: { readonly by: 'dialer' | 'acceptor'; readonly body: Uint8Array }[] = [];
  readonly #change: (body: Uint8Array, index: number) => Uint8Array;

  constructor(a: HandshakeSelf, b: HandshakeSelf, change: (body: Uint8Array, index: number) => Uint8Array = (x) => x) {
    this.dialer = new Handshake(a, b.id, () => null);
    this.acceptor = new Handshake(b, null, () => null);
    this.#change = change;
  }

  /** The last verdict of each side. */
  async run(): Promise<Verdict[]> {
    let bodies = [this.#say('dialer', this.dialer.start('b'))];
    const verdicts: Verdict[] = [];
    for (let turn = 0; bodies.length > 0 && turn < 10; turn++) {
      const [listener, name] = turn % 2 === 0 ? [this.acceptor, 'acceptor' as const] : [this.dialer, 'dialer' as const];
      const answers: Uint8Array[] = [];
      for (const body of bodies) {
        const verdict = await listener.receive(body);
        verdicts[turn % 2] = verdict;
        if (verdict.type === 'refused') return verdicts;
        if (verdict.type === 'continue') answers.push(...verdict.send);
        else if (listener === this.acceptor) answers.push(listener.acceptance());
      }
      bodies = answers.map((body) => this.#say(name, body));
    }
    return verdicts;
  }

  #say(by: 'dialer' | 'acceptor', body: Uint8Array): Uint8Array {
    const changed = this.#change(body, this.said.length);
    this.said.push({ by, body: changed });
    return changed;
  }
}

/** Replaces fields of a body. */
function edit(body: Uint8Array, fields: Record<string, unknown>): Uint8Array {
  return codec.encode({ ...(codec.decode(body) as object), ...fields });
}

const accepted = [
  { type: 'accepted', hello: { id: 'a' } },
  { type: 'accepted', hello: { id: 'b' } },
];

describe('a handshake', () => {
  it('without a secret is one hello of each side', async () => {
    const pair = new Pair(self('a'), self('b'));
    expect(await pair.run()).toMatchObject(accepted);
    const said = pair.said.map(({ by, body }) => ({ by, ...(codec.decode(body) as object) }));
    const hello = { type: 'hello', version: 1, cluster: 'test', maxFrameBytes: 1000 };
    expect(said).toEqual([
      { by: 'dialer', ...hello, id: 'a', incarnation: 'run of a', to: 'b' },
      { by: 'acceptor', ...hello, id: 'b', incarnation: 'run of b', to: 'a' },
    ]);
  });

  it('with a secret proves both sides before either is accepted, the acceptor first', async () => {
    const pair = new Pair(self('a', SECRET), self('b', SECRET));
    expect(await pair.run()).toMatchObject(accepted);
    const types = pair.said.map(({ by, body }) => `${by} ${(codec.decode(body) as { type: string }).type}`);
    expect(types).toEqual(['dialer hello', 'acceptor hello', 'acceptor proof', 'dialer proof', 'acceptor welcome']);
    const everything = Buffer.concat(pair.said.map(({ body }) => body));
    expect(everything.includes(SECRET)).toBe(false);
  });

  it('has proofs that are HMACs with SHA-256 over a label and both hellos', async () => {
    const pair = new Pair(self('a', SECRET), self('b', SECRET));
    await pair.run();
    const [dialer, acceptor, ...rest] = pair.said.map(({ body }) => body);
    const proofs = rest.slice(0, 2).map((body) => (codec.decode(body) as { proof: Uint8Array }).proof);
    const length = (bytes: Uint8Array): Buffer => Buffer.from(Uint32Array.of(bytes.length).buffer).swap32();
    const wanted = ['acceptor', 'dialer'].map((role) => {
      const parts = [
        Buffer.from(`quorate handshake 1 ${role}\0`),
        length(dialer!),
        dialer!,
        length(acceptor!),
        acceptor!,
      ];
      return new Uint8Array(createHmac('sha256', SECRET).update(Buffer.concat(parts)).digest());
    });
    expect(proofs).toEqual(wanted);
  });

  it('draws new nonces for each connection', async () => {
    const nonces = new Set<string>();
    for (let round = 0; round < 10; round++) {
      const pair = new Pair(self('a', SECRET), self('b', SECRET));
      await pair.run();
      for (const { body } of pair.said.slice(0, 2)) {
        const { nonce } = codec.decode(body) as { nonce: Uint8Array };
        expect(nonce).toHaveLength(32);
        nonces.add(Buffer.from(nonce).toString('hex'));
      }
    }
    expect(nonces.size).toBe(20);
  });

  it('offers the connection once the acceptor has all that it needs', async () => {
    const plain = new Handshake(self('a'), 'b', () => null);
    plain.start('b');
    expect(plain.offered).toBe(true);
    const offered: boolean[] = [];
    const pair: Pair = new Pair(self('a', SECRET), self('b', SECRET), (body) => {
      offered.push(pair.dialer.offered);
      return body;
    });
    await pair.run();
    expect(offered).toEqual([false, false, false, true, true]);
  });

  it('accepts each of several secrets, so that they can be replaced node by node', async () => {
    const [old, next] = ['the old secret, 22 bytes', 'the next secret, 23 bytes'];
    const stages: readonly (readonly [Secret | readonly Secret[], Secret | readonly Secret[]])[] = [
      [old, [old, next]],
      [
        [old, next],
        [next, old],
      ],
      [[next, old], next],
    ];
    for (const [one, other] of stages) {
      expect(await new Pair(self('a', one), self('b', other)).run()).toMatchObject(accepted);
      expect(await new Pair(self('a', other), self('b', one)).run()).toMatchObject(accepted);
    }
  });

  it('takes bytes and text for the same secret', async () => {
    const bytes = new TextEncoder().encode(SECRET);
    expect(await new Pair(self('a', SECRET), self('b', bytes)).run()).toMatchObject(accepted);
  });
});

describe('a handshake is refused', () => {
  it('by the dialer, when the acceptor has another secret', async () => {
    const verdicts = await new Pair(self('a', SECRET), self('b', `${SECRET}!`)).run();
    expect(verdicts[1]).toMatchObject({ type: 'refused', reason: 'unauthenticated', aloud: true });
  });

  it('by the acceptor, when the dialer has no secret', async () => {
    const [verdict] = await new Pair(self('a'), self('b', SECRET)).run();
    expect(verdict).toMatchObject({ reason: 'unauthenticated', detail: expect.stringContaining('it has no secret') });
  });

  it('by the acceptor, when only the dialer has a secret', async () => {
    const [verdict] = await new Pair(self('a', SECRET), self('b')).run();
    expect(verdict).toMatchObject({ reason: 'unauthenticated', detail: expect.stringContaining('this node has none') });
  });

  it('by the dialer, when somebody took the nonce out of the hello of the acceptor', async () => {
    const verdicts = await new Pair(self('a', SECRET), self('b', SECRET), (body, index) =>
      index === 1 ? edit(body, { nonce: undefined }) : body,
    ).run();
    expect(verdicts[1]).toMatchObject({ reason: 'unauthenticated' });
  });

  const changes: readonly [string, number, Record<string, unknown>][] = [
    ['the incarnation of the dialer', 0, { incarnation: 'another run' }],
    ['the limit of the dialer', 0, { maxFrameBytes: 17 }],
    ['the nonce of the dialer', 0, { nonce: new Uint8Array(32) }],
    ['the id of the dialer', 0, { id: 'c' }],
    ['an unknown field of the dialer', 0, { more: 1 }],
    ['the incarnation of the acceptor', 1, { incarnation: 'another run' }],
    ['the nonce of the acceptor', 1, { nonce: new Uint8Array(32) }],
    ['the proof of the acceptor', 2, { proof: new Uint8Array(32) }],
    ['the proof of the dialer', 3, { proof: new Uint8Array(32) }],
  ];
  it.each(changes)('when somebody changes %s on the way', async (_name, at, fields) => {
    const change = (body: Uint8Array, index: number): Uint8Array => (index === at ? edit(body, fields) : body);
    const verdicts = await new Pair(self('a', SECRET), self('b', SECRET), change).run();
    const last = verdicts[at === 3 ? 0 : 1];
    expect(last).toMatchObject({
      type: 'refused',
      reason: at === 0 && 'id' in fields ? 'unexpected-id' : 'unauthenticated',
    });
  });

  it('when a whole conversation is said again to the acceptor', async () => {
    const recorded = new Pair(self('a', SECRET), self('b', SECRET));
    await recorded.run();
    const acceptor = new Handshake(self('b', SECRET), null, () => null);
    const [hello, , , proof] = recorded.said.map(({ body }) => body);
    expect(await acceptor.receive(hello!)).toMatchObject({ type: 'continue' });
    expect(await acceptor.receive(proof!)).toMatchObject({ type: 'refused', reason: 'unauthenticated' });
  });

  it('when the acceptor is sent its own proof', async () => {
    const acceptor = new Handshake(self('b', SECRET), null, () => null);
    const hello = new Handshake(self('a', SECRET), 'b', () => null).start('b');
    const verdict = await acceptor.receive(hello);
    const proof = verdict.type === 'continue' ? verdict.send[1]! : expect.fail(verdict.type);
    expect(await acceptor.receive(proof)).toMatchObject({ type: 'refused', reason: 'unauthenticated' });
  });

  it('when the dialer is sent its own hello', async () => {
    const dialer = new Handshake(self('a', SECRET), 'b', () => null);
    expect(await dialer.receive(dialer.start('b'))).toMatchObject({ reason: 'own-id' });
  });

  it('when a frame comes before the answer to the last one', async () => {
    const acceptor = new Handshake(self('b', SECRET), null, () => null);
    const hello = new Handshake(self('a', SECRET), 'b', () => null).start('b');
    const slow = acceptor.receive(hello);
    expect(await acceptor.receive(hello)).toMatchObject({ reason: 'malformed', detail: 'it said hello out of turn' });
    await slow;
  });

  it.each(['proof', 'welcome'])('when the first frame is a %s', async (type) => {
    const dialer = new Handshake(self('a', SECRET), 'b', () => null);
    dialer.start('b');
    const body = codec.encode({ type, proof: new Uint8Array(32) });
    expect(await dialer.receive(body)).toMatchObject({ reason: 'malformed', detail: `it said ${type} out of turn` });
  });

  it('when the welcome comes before the proof', async () => {
    const dialer = new Handshake(self('a', SECRET), 'b', () => null);
    const acceptor = new Handshake(self('b', SECRET), null, () => null);
    const verdict = await acceptor.receive(dialer.start('b'));
    const hello = verdict.type === 'continue' ? verdict.send[0]! : expect.fail(verdict.type);
    expect(await dialer.receive(hello)).toMatchObject({ type: 'continue' });
    expect(await dialer.receive(codec.encode({ type: 'welcome' }))).toMatchObject({ reason: 'malformed' });
  });

  it('when the acceptor cannot sign, or the dialer cannot verify', async () => {
    const broken: Prover = {
      sign: () => Promise.reject(new Error('no keys')),
      verify: () => Promise.reject(new Error('no keys')),
    };
    const pair = new Pair({ ...self('a'), prover: broken }, self('b', SECRET));
    expect((await pair.run())[1]).toMatchObject({ reason: 'unauthenticated', cause: new Error('no keys') });
    const other = new Pair(self('a', SECRET), { ...self('b'), prover: broken });
    expect((await other.run())[0]).toMatchObject({ reason: 'unauthenticated', cause: new Error('no keys') });
  });

  it.each([
    ['a short nonce', { nonce: new Uint8Array(31) }],
    ['a nonce that is a text', { nonce: 'x'.repeat(32) }],
  ])('for %s', async (_name, fields) => {
    const hello = edit(new Handshake(self('a', SECRET), 'b', () => null).start('b'), fields);
    const acceptor = new Handshake(self('b', SECRET), null, () => null);
    expect(await acceptor.receive(hello)).toMatchObject({ reason: 'malformed', aloud: false });
  });
});

describe('a certificate', () => {
  const problem = 'its certificate has expired';
  it.each([
    ['that names the id is good', { names: ['c', 'a'], problem: null }, { type: 'accepted' }],
    ['that names another node is refused', { names: ['c'], problem: null }, { reason: 'certificate' }],
    ['that names nobody is refused', { names: [], problem: null }, { reason: 'certificate' }],
    [
      'with a problem is refused, whatever it names',
      { names: ['a'], problem },
      { reason: 'certificate', detail: problem },
    ],
  ])('%s', async (_name, certificate, verdict) => {
    const acceptor = new Handshake(self('b'), null, () => certificate);
    const hello = new Handshake(self('a'), 'b', () => null).start('b');
    expect(await acceptor.receive(hello)).toMatchObject(verdict);
  });
});

describe('the option secret', () => {
  it.each([
    ['too short', 'x'.repeat(15), 'secret is "15 bytes long"; it must be a string or bytes, at least 16 bytes long'],
    ['of another type', 17, 'secret is "of type number"'],
    ['an empty list', [], 'secret is "a list of 0"; it must be one secret, or 1 to 4 of them'],
    ['a long list', new Array(5).fill(SECRET), 'secret is "a list of 5"'],
    ['a list with a short one', [SECRET, 'short'], 'secret is "5 bytes long"'],
  ])('%s is refused, and not repeated in the error', (_name, secret, message) => {
    expect(() => createProver(secret as Secret)).toThrow(message);
    expect(() => createProver(secret as Secret)).not.toThrow(/xxx|correct horse|"short"/);
  });

  it('counts bytes, not characters', () => {
    expect(createProver('\u00e4'.repeat(8))).not.toBeNull();
    expect(createProver(undefined)).toBeNull();
  });
});
