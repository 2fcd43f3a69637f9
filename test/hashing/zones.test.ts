import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HashRing, spreadOverZones, type ConsistentHash } from 'quorate/hashing';

/** A hash whose order of preference is given. */
const ordered = (...nodes: string[]): ConsistentHash => {
  const ring = new HashRing(nodes);
  ring.getN = (_, count) => nodes.slice(0, count);
  return ring;
};
const firstLetter = (node: string): string => node[0]!;

describe('spreadOverZones', () => {
  it('takes each zone once before any twice, in order of preference', () => {
    const hash = ordered('a1', 'a2', 'b1', 'a3', 'c1', 'b2', 'a4');
    expect(spreadOverZones(hash, 'key', 9, firstLetter)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
    expect(spreadOverZones(hash, 'key', 3, firstLetter)).toEqual(['a1', 'b1', 'c1']);
    expect(spreadOverZones(hash, 'key', 0, firstLetter)).toEqual([]);
  });

  it('takes regions before zones, and zones before racks', () => {
    const hash = ordered('eu/1/x', 'eu/1/y', 'eu/2/x', 'us/1/x', 'eu/2/y', 'us/1/y');
    expect(spreadOverZones(hash, 'key', 6, (node) => node.split('/'))).toEqual([
      'eu/1/x',
      'us/1/x',
      'eu/2/x',
      'us/1/y',
      'eu/1/y',
      'eu/2/y',
    ]);
  });

  it('takes paths of different lengths, and none', () => {
    const paths: Record<string, string[]> = { a: ['eu', '1'], b: ['eu'], c: [], d: ['eu', '1'], e: [] };
    expect(spreadOverZones(ordered('a', 'b', 'c', 'd', 'e'), 'key', 5, (node) => paths[node]!)).toEqual([
      'a',
      'c',
      'b',
      'e',
      'd',
    ]);
  });

  it('gives nothing when there are no nodes, and refuses a count that is none', () => {
    expect(spreadOverZones(new HashRing(), 'key', 3, firstLetter)).toEqual([]);
    expect(() => spreadOverZones(new HashRing(), 'key', 1.5, firstLetter)).toThrow('count is 1.5');
  });

  const nodes = fc.uniqueArray(fc.stringMatching(/^[a-d][x-z][0-9]$/), { minLength: 1, maxLength: 20 });
  const nested = (node: string): string[] => [node[0]!, node[1]!];

  it('begins with the node of get, has each node once, and uses zones evenly', () => {
    fc.assert(
      fc.property(nodes, fc.string(), (names, key) => {
        const ring = new HashRing(names, { pointsPerNode: 20 });
        const all = spreadOverZones(ring, key, names.length, firstLetter);
        expect([all[0], [...all].sort()]).toEqual([ring.get(key), [...names].sort()]);
        const used = new Map<string, number>();
        for (const [at, name] of all.entries()) {
          const zone = firstLetter(name);
          used.set(zone, (used.get(zone) ?? 0) + 1);
          // No other zone that still has a node was used less often before.
          for (const later of all.slice(at))
            expect(used.get(zone)! - (used.get(firstLetter(later)) ?? 0)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('keeps the order of the nodes of other zones when a node goes', () => {
    fc.assert(
      fc.property(nodes, fc.string(), fc.nat(), (names, key, which) => {
        const gone = names[which % names.length]!;
        const ring = new HashRing(names, { pointsPerNode: 20 });
        const others = (): string[] => spreadOverZones(ring, key, 20, nested).filter((name) => name[0] !== gone[0]);
        const before = others();
        ring.remove(gone);
        expect(others()).toEqual(before);
      }),
    );
  });
});
