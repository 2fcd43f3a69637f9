import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allOf, type HealthSource } from 'quorate/health';

/** A source that is told what it says. */
class Said implements HealthSource {
  readonly #unwell = new Set<string>();
  readonly #listeners = new Set<(node: string, healthy: boolean) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  isHealthy(node: string): boolean {
    return !this.#unwell.has(node);
  }

  subscribe(listener: (node: string, healthy: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  say(node: string, healthy: boolean): void {
    if (healthy) this.#unwell.delete(node);
    else this.#unwell.add(node);
    for (const listener of this.#listeners) listener(node, healthy);
  }
}

it('a node is well when all sources say so, and whoever follows what is told knows that always', () => {
  const nodes = ['a', 'b'];
  const change = fc.record({
    source: fc.nat({ max: 2 }),
    node: fc.constantFrom(...nodes),
    healthy: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change), fc.array(change), (before, after) => {
      const sources = [new Said(), new Said(), new Said()];
      for (const { source, node, healthy } of before) sources[source]!.say(node, healthy);
      const all = allOf(...sources);
      const known = new Map(nodes.map((node) => [node, all.isHealthy(node)]));
      all.subscribe((node, healthy) => known.set(node, healthy));
      for (const { source, node, healthy } of after) {
        sources[source]!.say(node, healthy);
        for (const node of nodes) expect(known.get(node)).toBe(sources.every((source) => source.isHealthy(node)));
      }
    }),
  );
});

it('to unsubscribe from several sources is to unsubscribe from each', () => {
  const sources = [new Said(), new Said()];
  const unsubscribe = allOf(...sources).subscribe(() => expect.fail('told'));
  expect(sources.map(({ listeners }) => listeners)).toEqual([1, 1]);
  unsubscribe();
  unsubscribe();
  expect(sources.map(({ listeners }) => listeners)).toEqual([0, 0]);
});

it('without sources all nodes are well', () => {
  expect(allOf().isHealthy('a')).toBe(true);
});
