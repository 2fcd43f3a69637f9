import type { NodeId } from '../../core/index.js';

/** One event of a simulation: an input that a node took, or what happened to it. */
export interface TraceEvent {
  /** Virtual milliseconds. */
  readonly at: number;
  readonly node: NodeId;
  /** The input, or a fault or start. */
  readonly what: { readonly type: string };
}

/** An event as one line of text. */
export function formatEvent({ at, node, what }: TraceEvent): string {
  return `${at.toFixed(3)} ${node} ${JSON.stringify(what, brief)}`;
}

function brief(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `${value.length} bytes` : value;
}

const bits = new DataView(new ArrayBuffer(8));

/**
 * Hashes a trace as it grows (FNV-1a, 32 bits, over the exact time, the node and the kind of each event): equal hashes,
 * equal runs, but for a chance of one in four thousand millions. Also keeps the last events for people.
 */
export class Trace {
  // The last events, in three rings.
  readonly #times: Float64Array;
  readonly #nodes: NodeId[] = [];
  readonly #whats: TraceEvent['what'][] = [];
  readonly #keep: number;
  readonly #codes = new Map<string, number>();
  #added = 0;
  #hash = 0x811c_9dc5;

  /** @param keep - how many events to keep */
  constructor(keep: number) {
    this.#keep = keep;
    this.#times = new Float64Array(keep);
  }

  /** The hash of everything so far. */
  get hash(): number {
    return this.#hash >>> 0;
  }

  /** The last events, oldest first. */
  get recent(): readonly TraceEvent[] {
    const first = Math.max(0, this.#added - this.#keep);
    return Array.from({ length: this.#added - first }, (_, i) => {
      const place = (first + i) % this.#keep;
      return { at: this.#times[place]!, node: this.#nodes[place]!, what: this.#whats[place]! };
    });
  }

  /** Adds an event. */
  add(at: number, node: NodeId, what: TraceEvent['what']): void {
    const place = this.#added++ % this.#keep;
    this.#times[place] = at;
    this.#nodes[place] = node;
    this.#whats[place] = what;
    bits.setFloat64(0, at);
    this.#mix(bits.getInt32(0));
    this.#mix(bits.getInt32(4));
    this.#mix(this.#code(node));
    this.#mix(this.#code(what.type));
    const { message } = what as { message?: { readonly type?: string } };
    if (message?.type !== undefined) this.#mix(this.#code(message.type));
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x0100_0193);
  }

  #code(text: string): number {
    let code = this.#codes.get(text);
    if (code === undefined) {
      code = 0x811c_9dc5;
      for (let i = 0; i < text.length; i++) code = Math.imul(code ^ text.charCodeAt(i), 0x0100_0193);
      this.#codes.set(text, code);
    }
    return code;
  }
}
