import type { ConsistentHash } from 'quorate/hashing';

/** Names that sort as they are numbered. */
export const names = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `node-${String(i).padStart(4, '0')}`);

/**
 * The shares of keys that have another node in the second than in the first: `needed` of nodes that are gone or to nodes
 * that are new, `extra` from one node to another that both have.
 */
export function moved(
  first: ConsistentHash,
  second: ConsistentHash,
  count = 20_000,
): { readonly needed: number; readonly extra: number } {
  const [before, after] = [new Set(first.nodes), new Set(second.nodes)];
  let needed = 0;
  let extra = 0;
  for (let i = 0; i < count; i++) {
    const [from, to] = [first.get(`key-${i}`)!, second.get(`key-${i}`)!];
    if (from === to) continue;
    if (after.has(from) && before.has(to)) extra++;
    else needed++;
  }
  return { needed: needed / count, extra: extra / count };
}
