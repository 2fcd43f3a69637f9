import { AnchorHash, MementoHash, type BucketState, type Key } from '../../../src/hashing/index.js';
import type { Random } from '../random.js';
import { decoded, ensure, ensureSame, type Target, type Verdict } from '../target.js';
import { decodeValue, encodeValue, mutateOften } from '../values.js';

/** What {@link MementoHash} and {@link AnchorHash} have in common here. */
interface Algorithm<Hash extends MementoHash | AnchorHash> {
  readonly make: (nodes: readonly string[], random: Random) => Hash;
  readonly from: (state: unknown) => Hash;
}

/** States of MementoHash, which say where keys are. */
export const mementoState: Target = stateTarget('memento-state', {
  make: (nodes) => new MementoHash(nodes),
  from: (state) => MementoHash.from(state),
});

/** States of AnchorHash. */
export const anchorState: Target = stateTarget('anchor-state', {
  make: (nodes, random) => new AnchorHash(nodes, { capacity: nodes.length + random.length(8) + 1 }),
  from: (state) => AnchorHash.from(state),
});

function stateTarget<Hash extends MementoHash | AnchorHash>(name: string, algorithm: Algorithm<Hash>): Target {
  const state = (random: Random): BucketState => {
    const nodes = random.list(random.length(8), () => random.name(200));
    const hash = algorithm.make([...new Set(nodes)], random);
    for (const change of random.list(8, () => random.below(3))) {
      if (change > 0) hash.remove(random.pick(['nobody', ...hash.nodes]));
      else if (nodes.length > 0) hash.add(random.pick(nodes));
    }
    return hash.toJSON();
  };
  return {
    name,
    valid: (random) => encodeValue(random, state(random)),
    generate(random) {
      const mutated = mutateOften(random, state(random));
      return encodeValue(random, random.oneIn(2) ? mutated : counted(mutated));
    },
    check: (input) => check(input, algorithm.from),
  };
}

/** With as many buckets as its lists have, so that it is looked at further. */
function counted(state: unknown): unknown {
  const { nodes, removed } = (state ?? {}) as Partial<BucketState>;
  if (!Array.isArray(nodes) || !Array.isArray(removed)) return state;
  return { ...(state as object), buckets: nodes.length + removed.length };
}

function check<Hash extends MementoHash | AnchorHash>(input: Uint8Array, from: (state: unknown) => Hash): Verdict {
  const given = decodeValue(input);
  const result = given && decoded(() => from(given.value));
  if (result === undefined) return 'rejected';
  const hash = result.value;
  const state = hash.toJSON();
  const { algorithm, buckets, nodes, removed } = given!.value as BucketState;
  ensureSame('given, taken', { algorithm, buckets, nodes, removed }, state);
  ensure(buckets <= input.length, `${buckets} buckets came out of ${input.length} bytes`);
  ensureSame('its nodes', [...nodes].sort(), hash.nodes);

  const copy = from(JSON.parse(JSON.stringify(hash)));
  ensureSame('as JSON and back', state, copy.toJSON());
  const keys: Key[] = ['', 'key', '\ud800', input.slice(0, 40), input.slice(-3)];
  const before = keys.map((key) => hash.getN(key, 4));
  for (const [i, key] of keys.entries()) {
    const preferred = before[i]!;
    ensure(preferred.length === Math.min(4, nodes.length), `${preferred.length} of ${nodes.length} nodes`);
    ensure(new Set(preferred).size === preferred.length, `preferences twice: ${preferred.join()}`);
    ensure(hash.get(key) === preferred[0], `${hash.get(key)} is not the first of ${preferred.join()}`);
    ensure(
      preferred.every((node) => nodes.includes(node)),
      `preferences that are no nodes: ${preferred.join()}`,
    );
    ensureSame('where the copy has them', preferred, copy.getN(key, 4));
  }

  for (const node of nodes.slice(0, 2)) ensureGoesAndComesBack(hash, node, keys);
  if (algorithm === 'memento' || removed.length > 0) ensureComesAndGoes(hash, keys);
  ensureSame('as before', state, hash.toJSON());
  return 'accepted';
}

/** Only keys of a node that goes move, and they come back with it. */
function ensureGoesAndComesBack(hash: MementoHash | AnchorHash, node: string, keys: readonly Key[]): void {
  const before = keys.map((key) => hash.get(key));
  hash.remove(node);
  for (const [i, key] of keys.entries())
    ensure(before[i] === node || hash.get(key) === before[i], `a key moved from ${before[i]} when ${node} went`);
  hash.add(node);
  ensureSame(
    'after it came back',
    before,
    keys.map((key) => hash.get(key)),
  );
}

/** Keys move only to a node that comes, and back when it goes. */
function ensureComesAndGoes(hash: MementoHash | AnchorHash, keys: readonly Key[]): void {
  const before = keys.map((key) => hash.get(key));
  const node = `${hash.nodes.join('')}+`; // a name that none has
  hash.add(node);
  for (const [i, key] of keys.entries())
    ensure(hash.get(key) === node || hash.get(key) === before[i], `a key moved from ${before[i]} when another came`);
  hash.remove(node);
  ensureSame(
    'after it went',
    before,
    keys.map((key) => hash.get(key)),
  );
}
