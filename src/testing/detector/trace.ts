/** Heartbeats of one process and what a network made of them, as data: recorded, or drawn from a seed. 16 bytes each. */
export interface HeartbeatTrace {
  /** How often they are sent, in milliseconds. */
  readonly intervalMs: number;
  /** When each was sent, in milliseconds, ascending. The index is its sequence number. */
  readonly sentAt: Float64Array;
  /** When each arrived, by the same clock; `Infinity` for one that was lost. They may overtake each other. */
  readonly arrivedAt: Float64Array;
}

/** A trace of heartbeats that are sent at exact intervals from time 0, with the delay of each; `Infinity` for a lost one. */
export function regularTrace(heartbeats: number, intervalMs: number, delayMs: () => number): HeartbeatTrace {
  const sentAt = new Float64Array(heartbeats);
  const arrivedAt = new Float64Array(heartbeats);
  for (let sequence = 0; sequence < heartbeats; sequence++) {
    sentAt[sequence] = sequence * intervalMs;
    arrivedAt[sequence] = sequence * intervalMs + delayMs();
  }
  return { intervalMs, sentAt, arrivedAt };
}

/**
 * The sequence numbers of what arrived, in the order of arrival; of what arrived at once, in the order of sending. O(n), and
 * as much again for each pair that changed places.
 */
export function arrivalOrder(arrivedAt: Float64Array): Uint32Array {
  const order = new Uint32Array(arrivedAt.length);
  let arrived = 0;
  for (let sequence = 0; sequence < arrivedAt.length; sequence++) {
    const at = arrivedAt[sequence]!;
    if (at === Infinity) continue;
    let place = arrived++;
    for (; place > 0 && arrivedAt[order[place - 1]!]! > at; place--) order[place] = order[place - 1]!;
    order[place] = sequence;
  }
  return order.subarray(0, arrived);
}
