/**
 * The largest binary message that either side sends and takes, in bytes. A message is held whole before any of it is
 * looked at, so this bounds what somebody who has said nothing yet can make a node hold; frames span messages.
 */
export const MAX_MESSAGE_BYTES = 64 * 1024;

/** Calls `send` with the parts of `bytes`, none larger than a message may be, and whether it is the last one. */
export function inMessages(bytes: Uint8Array, send: (part: Uint8Array, last: boolean) => void): void {
  for (let at = 0; at < bytes.length; at += MAX_MESSAGE_BYTES) {
    const end = Math.min(at + MAX_MESSAGE_BYTES, bytes.length);
    send(bytes.subarray(at, end), end === bytes.length);
  }
}
