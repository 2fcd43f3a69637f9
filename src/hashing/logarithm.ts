/** The number strictly between 0 and 1 that 32 random bits stand for: the middle of their interval. Exact. */
export function unitOf(bits: number): number {
  return (bits + 0.5) / 2 ** 32;
}

/**
 * -ln of {@link unitOf}, to 15 digits. `Math.log` may differ in its last bit from one engine to the next, and then two
 * processes could place a key differently; here are only operations that IEEE 754 defines to the last bit.
 *
 * Strictly decreasing in `bits`: neighbours differ by more than 10^-10 of their value. Never below 1 - `unitOf(bits)`, by
 * ln x <= x - 1: both hold with a margin far above the error, and tests hold them where it is least.
 */
export function minusLog(bits: number): number {
  // u = fraction / 2^exponent, exactly: in [1/2, 1), then in [0.707, 1.414), so that nothing cancels near u = 1.
  let exponent = Math.clz32(bits);
  let fraction = bits === 0 ? 0.5 : (((bits << exponent) >>> 0) + ((1 << exponent) >>> 0) / 2) / 2 ** 32;
  if (fraction < Math.SQRT1_2) {
    fraction *= 2;
    exponent++;
  }
  // ln f = 2 artanh s with |s| < 0.172: the first term left out is below 10^-16.
  const s = (fraction - 1) / (fraction + 1);
  const z = s * s;
  const tail = z * (1 / 11 + z * (1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19)))));
  const series = 1 + z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + tail))));
  return exponent * Math.LN2 - 2 * s * series;
}
