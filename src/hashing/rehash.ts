import { derive32 } from './mix.js';

/**
 * Different places of a key, in order of preference, for algorithms that know only the first: the place of its hash, then
 * those of hashes derived from it. A bounded number of attempts, which depends on how many places there are and not on
 * how many are wanted, so that fewer are the beginning of more; what is then missing follows in the order of `all`,
 * beginning at a place of the key's.
 *
 * @param wanted - at least 1, at most `count`
 * @param count - how many places there are
 */
export function rehashed<Place>(
  hash: number,
  wanted: number,
  count: number,
  place: (hash: number) => Place,
  all: () => readonly Place[],
): Iterable<Place> {
  const found = new Set([place(hash)]);
  // So many draws miss a given place with probability e^-4 while shares are equal.
  const attempts = 4 * count + 16;
  for (let attempt = 1; attempt <= attempts && found.size < wanted; attempt++)
    found.add(place(derive32(hash, attempt)));
  if (found.size === wanted) return found;
  const places = all();
  for (let step = 0; found.size < wanted; step++) found.add(places[(hash + step) % count]!);
  return found;
}
