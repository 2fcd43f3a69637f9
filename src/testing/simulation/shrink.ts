/**
 * Finds a small part of a list that still fails, so that a person sees what a failure needs: takes away halves, quarters
 * and so on down to single elements, as long as what is left fails ("Simplifying and Isolating Failure-Inducing Input",
 * Zeller and Hildebrandt, 2002). The result is not the smallest possible one; taking any single element away from it
 * makes it pass, unless the budget ran out before.
 *
 * @param fails - whether a list fails; must be deterministic
 * @param budget - how often `fails` may be called
 */
export function shrink<T>(items: readonly T[], fails: (items: readonly T[]) => boolean, budget = 500): readonly T[] {
  let left = items;
  let tries = budget;
  for (let size = left.length >> 1; size >= 1;) {
    let removed = false;
    for (let start = 0; start < left.length && tries > 0;) {
      tries--;
      const without = [...left.slice(0, start), ...left.slice(start + size)];
      if (fails(without)) {
        left = without;
        removed = true;
      } else {
        start += size;
      }
    }
    if (tries === 0) break;
    if (!removed || size > 1) size >>= 1;
  }
  return left;
}
