/** The relative error that is aimed at. */
const TOLERANCE = 1e-12;
/** How much of the integral may be in doubt in one part when it is known only that the function never grows. */
const DOUBT = 1e-6;
const MOST_HALVINGS = 60;

/**
 * The integral of a function that is not negative and never grows, between ascending points at which it may jump or bend.
 * The error is below 1e-9 of it where the function is smooth between points, and rounding where it is constant.
 *
 * Simpson's rule, adaptive. The values at both ends of a part say how much can hide between them; so no narrow step is
 * overlooked, and what is small beside the sum so far is not looked at closer.
 *
 * @param blur - how near to a point values may already be those of its other side, by rounding
 */
export function integrateDecreasing(value: (x: number) => number, points: readonly number[], blur: number): number {
  let total = 0;
  const add = (from: number, width: number, first: number, middle: number, last: number, halvings: number): void => {
    const left = value(from + width / 4);
    const right = value(from + (3 * width) / 4);
    const coarse = (width / 6) * (first + 4 * middle + last);
    const fine = (width / 12) * (first + 4 * (left + right) + 2 * middle + last);
    const limit = TOLERANCE * (total + fine);
    const hidden = ((first - last) * width) / 4;
    const known = Math.abs(fine - coarse) <= limit && hidden <= DOUBT * (total + fine);
    if (known || hidden <= limit || halvings === MOST_HALVINGS) {
      total += fine + (fine - coarse) / 15;
    } else {
      add(from, width / 2, first, left, middle, halvings + 1);
      add(from + width / 2, width / 2, middle, right, last, halvings + 1);
    }
  };
  for (let i = 1; i < points.length; i++) {
    const from = points[i - 1]!;
    const width = points[i]! - from;
    const inset = Math.min(blur, width / 8);
    const first = value(from + inset);
    const last = value(from + width - inset);
    if (first === last) total += first * width;
    else add(from, width, first, value(from + width / 2), last, 0);
  }
  return total;
}
