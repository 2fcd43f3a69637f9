import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowNetwork } from '../../../src/hashing/sharding/flow.js';

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly capacity: number;
  readonly cost: number;
}

const VERTICES = 12;

/** The greatest flow from vertex 0 to vertex 1 and its least cost: one unit at a time along a cheapest path (Bellman-Ford). */
function naive(edges: readonly Edge[]): { readonly sent: number; readonly cost: number } {
  const arcs = edges.flatMap(({ from, to, capacity, cost }) => [
    { from, to, capacity, cost },
    { from: to, to: from, capacity: 0, cost: -cost },
  ]);
  let [sent, cost] = [0, 0];
  for (; ; sent++) {
    const distance = Array.from({ length: VERTICES }, (_, vertex) => (vertex === 0 ? 0 : Infinity));
    const by: number[] = [];
    for (let round = 0; round < VERTICES; round++)
      arcs.forEach(({ from, to, capacity, cost }, arc) => {
        if (capacity === 0 || distance[from]! + cost >= distance[to]!) return;
        distance[to] = distance[from]! + cost;
        by[to] = arc;
      });
    if (distance[1] === Infinity) return { sent, cost };
    cost += distance[1]!;
    for (let vertex = 1; vertex !== 0; vertex = arcs[by[vertex]!]!.from) {
      arcs[by[vertex]!]!.capacity--;
      arcs[by[vertex]! ^ 1]!.capacity++;
    }
  }
}

/** Anything goes between anything. */
const anyEdge = fc
  .record({ from: fc.nat(6), to: fc.nat(6), capacity: fc.nat(3), cost: fc.nat(4) })
  .filter(({ from, to }) => from !== to);
/** As plans have it: from the source to some, from these to others, and from those to the sink. */
const assignment = fc
  .record({
    capacities: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 10, maxLength: 10 }),
    costs: fc.array(fc.nat(6), { minLength: 25, maxLength: 25 }),
  })
  .map(({ capacities, costs }): Edge[] => [
    ...capacities.map((capacity, i) =>
      i < 5 ? { from: 0, to: 2 + i, capacity, cost: 0 } : { from: 2 + i, to: 1, capacity, cost: 0 },
    ),
    ...costs.map((cost, i) => ({ from: 2 + Math.floor(i / 5), to: 7 + (i % 5), capacity: 1, cost })),
  ]);

describe('a flow network', () => {
  it.each([
    ['any edges', fc.array(anyEdge, { minLength: 8, maxLength: 24, size: 'max' })],
    ['an assignment', assignment],
  ])('sends as much as can be sent, at the least cost, through %s', (_, networks) => {
    fc.assert(
      fc.property(networks, (edges) => {
        const network = new FlowNetwork(VERTICES, edges.length);
        for (const { from, to, capacity, cost } of edges) network.edge(from, to, capacity, cost);
        const sent = network.run(0, 1);
        const flows = edges.map((_, i) => network.flow(i));
        const cost = edges.reduce((sum, edge, i) => sum + edge.cost * flows[i]!, 0);
        expect({ sent, cost }).toEqual(naive(edges));

        const surplus = new Array<number>(VERTICES).fill(0);
        [surplus[0], surplus[1]] = [sent, -sent];
        edges.forEach(({ from, to, capacity }, i) => {
          expect(flows[i]).toBeGreaterThanOrEqual(0);
          expect(flows[i]).toBeLessThanOrEqual(capacity);
          surplus[from]! -= flows[i]!;
          surplus[to]! += flows[i]!;
        });
        expect(surplus.filter((left) => left !== 0)).toEqual([]); // what comes to a vertex goes on
      }),
      { numRuns: 2000 },
    );
  });
});
