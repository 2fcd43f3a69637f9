import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Balancer, Nodes } from 'quorate/balancer';
import { longEvents, sequence, tally, thousand, thousandTotal } from './active-nodes.js';
import { play } from './balancer-suite.js';

/** What a round robin with weights promises. */
export interface RotationTraits {
  make(nodes?: Nodes): Balancer;
  /** Weights of a, b and c, and who is then picked in a round. */
  readonly rounds: readonly (readonly [weights: readonly number[], round: string])[];
  /** How many rounds of one's own two nodes that stay may be apart, in the sum of 1 / weight; none where it is not promised. */
  readonly apart?: number;
}

/** What all round robins with weights must do. */
export function rotationSuite(name: string, { make, rounds, apart }: RotationTraits): void {
  describe(`${name}, as every round robin with weights`, () => {
    it.each(rounds)('serves weights of %j in its flavour, again and again', (weights, round) => {
      const balancer = make(weights.map((weight, i) => ['abc'[i]!, weight]));
      expect(sequence(balancer, 3 * round.length)).toBe(round.repeat(3));
    });

    it('gives the same lease each time: nothing is allocated', () => {
      const balancer = make(['a']);
      expect(balancer.pick()).toBe(balancer.pick());
    });

    it('gives each of a thousand nodes its weight in every round', () => {
      const balancer = make(thousand);
      expect(tally(balancer, thousandTotal)).toEqual(new Map(thousand));
      expect(tally(balancer, thousandTotal)).toEqual(new Map(thousand));
    });

    if (apart !== undefined)
      it('is fair between two that stay, however many others come and go', () => {
        const weight = fc.integer({ min: 1, max: 5 });
        fc.assert(
          fc.property(longEvents, weight, weight, (list, y, z) => {
            const got = { y: 0, z: 0 };
            const nodes: Nodes = [
              ['y', y],
              ['z', z],
            ];
            for (const node of play(make(nodes), list, () => undefined)) {
              if (node === 'y' || node === 'z') got[node]++;
              expect(Math.abs(got.y / y - got.z / z)).toBeLessThanOrEqual(apart / y + apart / z);
            }
          }),
          { numRuns: 40 },
        );
      });
  });
}
