import type { NodeId } from '../../core/index.js';
import type { PeerCertificate } from './byte-stream.js';
import {
  encodeHello,
  encodeProof,
  encodeWelcome,
  NONCE_BYTES,
  parseHandshakeFrame,
  PROTOCOL_VERSION,
} from './hello.js';
import type { HandshakeFrame, Hello } from './hello.js';
import type { Prover, Role, Transcript } from './prover.js';
import type { RefusalReason } from './refusal.js';

/** What a {@link Handshake} says of this side, and how it knows the other one. */
export interface HandshakeSelf {
  readonly id: NodeId;
  readonly cluster: string;
  readonly incarnation: string;
  readonly maxFrameBytes: number;
  /** `null`: this side has no secret, proves nothing and asks for no proof. */
  readonly prover: Prover | null;
}

/** What a frame of the other side leads to. */
export type Verdict =
  /** Send these bodies and wait for the next frame. */
  | { readonly type: 'continue'; readonly send: readonly Uint8Array[] }
  /** All is well. The side that was dialed takes the connection on by sending {@link Handshake.acceptance}. */
  | { readonly type: 'accepted'; readonly hello: Hello }
  | Refusal;

/** Why the connection must end. */
export interface Refusal {
  readonly type: 'refused';
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly cause?: unknown;
  /** Whether the other side waits for an answer that can tell it. */
  readonly aloud: boolean;
}

/**
 * The handshake of one side of one connection, without the connection: bodies of frames in, verdicts out.
 *
 * Without a secret the dialer says hello, and the acceptor's hello takes the connection on. With one there are three
 * more frames: the acceptor's proof behind its hello, the dialer's proof, and the acceptor's welcome. A proof is an HMAC
 * over both hellos as they went over the wire, so over cluster, ids, incarnations and both nonces: one that was made for
 * another connection, by the other role, or for a hello that somebody changed on the way does not fit. The acceptor
 * proves first, so that a dialer proves nothing to somebody who holds no secret. Each side waits for the other one while
 * it computes: a frame that comes then is out of turn.
 *
 * It proves who is at the other end when the connection is made. It does not protect what is said later.
 */
export class Handshake {
  /** Whether the other side has all that it needs to take the connection on. */
  offered = false;
  /** Whom the other side says to be, when that is proven or nothing can be proven here. For logs. */
  believed: NodeId | null = null;
  readonly #self: HandshakeSelf;
  readonly #dialed: NodeId | null;
  readonly #certificate: () => PeerCertificate | null;
  #expected: HandshakeFrame['type'] | 'nothing' = 'hello';
  #mine: Uint8Array | null = null;
  #theirs: Hello | null = null;
  #transcript: Transcript | null = null;

  /**
   * @param dialed - whom this side dialed; `null` when the other side dialed
   * @param certificate - the other side's certificate, asked for when its hello came
   */
  constructor(self: HandshakeSelf, dialed: NodeId | null, certificate: () => PeerCertificate | null) {
    this.#self = self;
    this.#dialed = dialed;
    this.#certificate = certificate;
  }

  /** The first frame of the side that dialed. */
  start(dialed: NodeId): Uint8Array {
    this.#mine = this.#hello(dialed);
    this.offered = this.#self.prover === null;
    return this.#mine;
  }

  /** The frame by which the side that was dialed takes the connection on, after the verdict `accepted`. */
  acceptance(): Uint8Array {
    return this.#self.prover === null ? this.#hello(this.#theirs!.id) : encodeWelcome();
  }

  /** Takes a frame of the other side in. The verdict comes later only where a proof is computed; it never rejects. */
  receive(body: Uint8Array): Verdict | Promise<Verdict> {
    const expected = this.#expected;
    this.#expected = 'nothing';
    let frame: HandshakeFrame;
    try {
      frame = parseHandshakeFrame(body);
    } catch (cause) {
      return { type: 'refused', reason: 'malformed', detail: 'its hello is malformed', cause, aloud: false };
    }
    if (frame.type === 'refused') {
      return this.#refuse('refused-by-peer', `the reason it gave is: ${frame.reason}`, false);
    }
    if (frame.type !== expected) return this.#refuse('malformed', `it said ${frame.type} out of turn`, false);
    if (frame.type === 'welcome') return { type: 'accepted', hello: this.#theirs! };
    const verdict = frame.type === 'hello' ? this.#greeted(frame.hello, body) : this.#proven(frame.proof);
    if (!(verdict instanceof Promise)) return verdict;
    return verdict.catch((cause: unknown) => ({
      ...this.#refuse('unauthenticated', 'proofs cannot be computed here'),
      cause,
    }));
  }

  #greeted(hello: Hello, body: Uint8Array): Verdict | Promise<Verdict> {
    this.#theirs = hello;
    const { prover } = this.#self;
    const certificate = this.#certificate();
    if (prover === null && certificate === null) this.believed = hello.id;
    const mismatch =
      findMismatch(this.#self, hello, this.#dialed) ??
      findStranger(hello.id, certificate) ??
      compareSecrets(prover !== null, hello.nonce !== null);
    if (mismatch !== null) return this.#refuse(mismatch.reason, mismatch.detail);
    if (prover === null) return { type: 'accepted', hello };
    this.#expected = 'proof';
    if (this.#dialed !== null) {
      this.#transcript = { dialer: this.#mine!, acceptor: body };
      return { type: 'continue', send: [] };
    }
    this.#mine = this.#hello(hello.id);
    this.#transcript = { dialer: body, acceptor: this.#mine };
    return this.#prove(prover, 'acceptor', [this.#mine]);
  }

  async #proven(proof: Uint8Array): Promise<Verdict> {
    const prover = this.#self.prover!;
    const [own, other]: Role[] = this.#dialed === null ? ['acceptor', 'dialer'] : ['dialer', 'acceptor'];
    if (!(await prover.verify(other!, this.#transcript!, proof))) {
      return this.#refuse('unauthenticated', 'its proof is wrong: it has another secret, or repeats what others said');
    }
    if (this.#dialed === null) return { type: 'accepted', hello: this.#theirs! };
    const verdict = await this.#prove(prover, own!, []);
    this.#expected = 'welcome';
    this.offered = true;
    return verdict;
  }

  async #prove(prover: Prover, role: Role, before: readonly Uint8Array[]): Promise<Verdict> {
    return { type: 'continue', send: [...before, encodeProof(await prover.sign(role, this.#transcript!))] };
  }

  #hello(to: NodeId): Uint8Array {
    const { id, cluster, incarnation, maxFrameBytes, prover } = this.#self;
    const nonce = prover === null ? null : crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    return encodeHello({ version: PROTOCOL_VERSION, id, cluster, incarnation, to, maxFrameBytes, nonce });
  }

  /** A dialer is told why. An acceptor without a secret has taken the connection on already, and sees it hang up. */
  #refuse(reason: RefusalReason, detail: string, aloud = this.#dialed === null || this.#self.prover !== null): Refusal {
    return { type: 'refused', reason, detail, aloud };
  }
}

interface Mismatch {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** Compares the hello of the other side with this side's: why it must be refused, or `null`. */
function findMismatch(
  mine: Pick<HandshakeSelf, 'cluster' | 'id'>,
  theirs: Hello,
  dialed: NodeId | null,
): Mismatch | null {
  if (theirs.version !== PROTOCOL_VERSION) {
    return { reason: 'version', detail: `it speaks version ${theirs.version}, this node ${PROTOCOL_VERSION}` };
  }
  if (theirs.cluster !== mine.cluster) {
    const names = `${JSON.stringify(theirs.cluster)}, this node to ${JSON.stringify(mine.cluster)}`;
    return { reason: 'cluster', detail: `it belongs to cluster ${names}` };
  }
  if (theirs.id === mine.id) return { reason: 'own-id', detail: `it has the id of this node, ${mine.id}` };
  if (dialed !== null && theirs.id !== dialed) {
    return { reason: 'unexpected-id', detail: `${dialed} was expected there, and ${theirs.id} answered` };
  }
  if (theirs.to !== mine.id) {
    return { reason: 'unexpected-id', detail: `${theirs.id} expected ${theirs.to} here, and this is ${mine.id}` };
  }
  return null;
}

/** Whether the certificate of the other side, if one was asked for, is good and names the id that it claims. */
export function findStranger(id: NodeId, certificate: PeerCertificate | null): Mismatch | null {
  if (certificate === null) return null;
  if (certificate.problem !== null) return { reason: 'certificate', detail: certificate.problem };
  if (certificate.names.includes(id)) return null;
  const names = certificate.names.map((name) => JSON.stringify(name)).join(', ') || 'nobody';
  return { reason: 'certificate', detail: `its certificate names ${names.slice(0, 200)}, not ${id}` };
}

function compareSecrets(mine: boolean, theirs: boolean): Mismatch | null {
  if (mine === theirs) return null;
  const detail = mine ? 'it has no secret, and this node has one' : 'it has a secret, and this node has none';
  return { reason: 'unauthenticated', detail: `${detail}; give all nodes of the cluster the same` };
}
