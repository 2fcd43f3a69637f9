/** What one may get, and in relation to what others get. */
export interface Claim {
  readonly weight: number;
  readonly min: number;
  readonly max: number;
}

/** Nearer to a whole number than this, it is one: a share that is exact must not be split by a rounding error. */
const TOLERANCE = 1e-6;

/**
 * Divides an amount by weights where everyone has limits: there is one level such that each gets weight times it, or the
 * limit that is passed. What is more or less than limits allow is settled among the others, as free space is among
 * flexible items of CSS. The limits must admit the amount. O(claims) for each of a few rounds.
 */
export function fairShares(amount: number, claims: readonly Claim[]): number[] {
  const shares = claims.map(() => 0);
  let open = claims.map((_, i) => i);
  let left = amount;
  while (open.length > 0) {
    const level = left / open.reduce((sum, i) => sum + claims[i]!.weight, 0);
    let tooMuch = 0;
    for (const i of open) {
      const { weight, min, max } = claims[i]!;
      shares[i] = Math.min(max, Math.max(min, weight * level));
      tooMuch += shares[i] - weight * level;
    }
    // Those at the limits of the side that prevails stay there at every later level.
    open = open.filter((i) => {
      const over = shares[i]! - claims[i]!.weight * level;
      const settled = tooMuch > TOLERANCE ? over > 0 : tooMuch < -TOLERANCE ? over < 0 : true;
      if (settled) left -= shares[i]!;
      return !settled;
    });
  }
  return shares.map(snap);
}

function snap(share: number): number {
  const whole = Math.round(share);
  return Math.abs(share - whole) < TOLERANCE ? whole : share;
}

/**
 * How many of `replicas` a zone may have, and must, so that each zone with nodes left is used once before any twice, and
 * so on.
 *
 * @param sizes - the nodes of each zone, at least `replicas` together
 */
export function zoneLimits(
  replicas: number,
  sizes: readonly number[],
): { readonly min: number; readonly max: number }[] {
  const upTo = (level: number): number => sizes.reduce((sum, size) => sum + Math.min(size, level), 0);
  let level = 0;
  while (level < replicas && upTo(level + 1) <= replicas) level++;
  return sizes.map((size) => ({ min: Math.min(size, level), max: Math.min(size, level + 1) }));
}
