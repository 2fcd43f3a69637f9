/**
 * The share of an idle node where of two at random the heavier is taken, the first drawn of equals: it is drawn together with
 * each other one with the same chance, and wins against all that are lighter, and half of those that are as heavy.
 */
export function heavierOfTwo(weight: number, weights: readonly number[]): number {
  const { length } = weights;
  if (length === 1) return 1;
  const lighter = weights.filter((other) => other < weight).length;
  const asHeavy = weights.filter((other) => other === weight).length - 1;
  return (2 * lighter + asHeavy) / (length * (length - 1));
}

/** How far what is drawn at random may be from its share: five standard deviations, and some for small numbers. */
export function noise(picks: number, share: number): number {
  return 5 * Math.sqrt(picks * share * (1 - share)) + 5;
}
