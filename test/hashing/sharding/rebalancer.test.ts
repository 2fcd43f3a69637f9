import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMoves, rebalance, Rebalancer, ShardMap, type MoveStep } from 'quorate/hashing/sharding';

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `node-${i}`);
const onNodes = (replicas: readonly (readonly string[])[]): ShardMap =>
  ShardMap.byHash(replicas.length).assignEach(({ id }) => replicas[id]!);
const sets = (map: ShardMap): string[][] => map.shards.map(({ nodes }) => [...nodes].sort());

describe('a rebalancer', () => {
  it('adds the new replica, in the place of the old one, before it takes that off', () => {
    const map = onNodes([['a', 'b']]);
    const rebalancer = new Rebalancer(map, [{ shard: 0, from: 'a', to: 'c' }]);
    const [add] = rebalancer.next();
    expect(add).toMatchObject({ type: 'add', shard: 0, node: 'c' });
    expect(rebalancer.next()).toEqual([]);
    const both = rebalancer.finished(add!);
    expect([both.epoch, both.shard(0)!.nodes]).toEqual([3, ['a', 'c', 'b']]);
    const [remove] = rebalancer.next();
    expect(remove).toMatchObject({ type: 'remove', shard: 0, node: 'a' });
    const after = rebalancer.finished(remove!);
    expect([after.epoch, after.shard(0)!.nodes, rebalancer.done]).toEqual([4, ['c', 'b'], true]);
    expect(rebalancer.status()).toEqual({ waiting: 0, running: [], finished: 1, abandoned: [] });
  });

  it('gives replicas that are only added or only given up', () => {
    const rebalancer = new Rebalancer(onNodes([['a'], ['a', 'b']]), [
      { shard: 0, from: null, to: 'b' },
      { shard: 1, from: 'a', to: null },
      { shard: 1, from: null, to: null },
    ]);
    expect(rebalancer.next().map(({ type, node }) => [type, node])).toEqual([
      ['add', 'b'],
      ['remove', 'a'],
    ]);
  });

  const scenario = fc.record({
    before: fc.array(fc.uniqueArray(fc.constantFrom(...names(6)), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 12,
    }),
    maxConcurrentMoves: fc.integer({ min: 1, max: 5 }),
    maxMovesPerNode: fc.integer({ min: 1, max: 3 }),
    /** Which of the steps under way is reported next, and how. */
    reports: fc.infiniteStream(fc.tuple(fc.nat(), fc.boolean())),
  });

  it('reaches the target, within the limits, and no shard ever has fewer replicas than before or after', () => {
    fc.assert(
      fc.property(scenario, ({ before, reports, ...limits }) => {
        const start = onNodes(before);
        const moves = rebalance(start, names(6).slice(1), { replicas: 2 });
        const target = start.move(...moves);
        const rebalancer = new Rebalancer(start, moves, { ...limits, maxAttempts: 1000 });
        const running: MoveStep[] = [];
        let epoch = start.epoch;
        while (!rebalancer.done) {
          running.push(...rebalancer.next());
          checkLimits(running, limits);
          expect(rebalancer.status().running).toHaveLength(running.length);
          const [which, succeeds] = reports.next().value;
          const [step] = running.splice(which % running.length, 1);
          if (succeeds) expect(rebalancer.finished(step!).epoch).toBe(++epoch);
          else rebalancer.failed(step!);
          rebalancer.map.shards.forEach(({ nodes }, i) => {
            const least = Math.min(start.shards[i]!.nodes.length, target.shards[i]!.nodes.length);
            expect(nodes.length).toBeGreaterThanOrEqual(least);
            // What was there and stays is never gone.
            for (const node of start.shards[i]!.nodes)
              if (target.shards[i]!.nodes.includes(node)) expect(nodes).toContain(node);
          });
        }
        expect(sets(rebalancer.map)).toEqual(sets(target));
        expect(rebalancer.status()).toMatchObject({ waiting: 0, finished: moves.length, abandoned: [] });
      }),
      { numRuns: 200 },
    );
  });

  it('goes on after a crash from the last map', () => {
    fc.assert(
      fc.property(scenario, fc.nat(30), ({ before, ...limits }, steps) => {
        const start = onNodes(before);
        const moves = rebalance(start, names(6).slice(1), { replicas: 2 });
        const target = start.move(...moves);
        const first = new Rebalancer(start, moves, limits);
        for (let i = 0; i < steps && !first.done; i++) for (const step of first.next()) first.finished(step);
        const saved = ShardMap.from(JSON.parse(JSON.stringify(first.map)));
        const second = new Rebalancer(saved, planMoves(saved, target), limits);
        while (!second.done) for (const step of second.next()) second.finished(step);
        expect(sets(second.map)).toEqual(sets(target));
      }),
    );
  });

  it('tries again behind the others, and abandons a move after the last attempt', () => {
    const map = onNodes([['a'], ['a']]);
    const moves = [
      { shard: 0, from: 'a', to: 'b' },
      { shard: 1, from: 'a', to: 'c' },
    ];
    const rebalancer = new Rebalancer(map, moves, { maxConcurrentMoves: 1, maxAttempts: 2 });
    const begun = (): number[] => rebalancer.next().map(({ shard }) => shard);
    const fail = (): void => rebalancer.failed(rebalancer.status().running[0]!);
    expect(begun()).toEqual([0]);
    fail();
    expect(begun()).toEqual([1]);
    fail();
    expect(begun()).toEqual([0]);
    fail();
    expect(rebalancer.status().abandoned).toEqual([moves[0]]);
    expect(begun()).toEqual([1]);
    fail();
    expect([rebalancer.done, rebalancer.map]).toEqual([true, map]);
  });

  it('keeps both replicas when the old one cannot be taken off', () => {
    const rebalancer = new Rebalancer(onNodes([['a']]), [{ shard: 0, from: 'a', to: 'b' }], { maxAttempts: 1 });
    rebalancer.finished(rebalancer.next()[0]!);
    rebalancer.failed(rebalancer.next()[0]!);
    expect([rebalancer.done, rebalancer.map.shard(0)!.nodes]).toEqual([true, ['a', 'b']]);
  });

  it('takes reports of steps that were sent as data, once each', () => {
    const rebalancer = new Rebalancer(onNodes([['a']]), [{ shard: 0, from: 'a', to: 'b' }]);
    const sent = JSON.parse(JSON.stringify(rebalancer.next()[0]));
    expect(rebalancer.finished(sent).epoch).toBe(3);
    expect(() => rebalancer.finished(sent)).toThrow('step is "add 0 b"; it must be one that next() gave');
    expect(() => rebalancer.failed({ ...sent, shard: 7 })).toThrow('step is');
  });

  it.each([
    [{}, [{ shard: 0, from: 'z', to: 'b' }], 'from is "z"'],
    [{}, [{ shard: 9, from: null, to: 'b' }], 'shard is 9'],
    [
      {},
      [
        { shard: 0, from: 'a', to: 'b' },
        { shard: 0, from: 'b', to: 'c' },
      ],
      'moves is "0 b"',
    ],
    [{ maxConcurrentMoves: 0 }, [], 'maxConcurrentMoves is 0'],
    [{ maxMovesPerNode: 0.5 }, [], 'maxMovesPerNode is 0.5'],
    [{ maxAttempts: 0 }, [], 'maxAttempts is 0'],
  ])('refuses options and moves that do not fit (%#)', (options, moves, message) => {
    expect(() => new Rebalancer(onNodes([['a']]), moves, options)).toThrow(message);
  });
});

function checkLimits(
  running: readonly MoveStep[],
  limits: { maxConcurrentMoves: number; maxMovesPerNode: number },
): void {
  expect(running.length).toBeLessThanOrEqual(limits.maxConcurrentMoves);
  const busy = running.flatMap(({ move }) => [move.from, move.to]).filter((node) => node !== null);
  for (const node of busy)
    expect(busy.filter((other) => other === node).length).toBeLessThanOrEqual(limits.maxMovesPerNode);
}
