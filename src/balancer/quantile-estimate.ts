/** A quantile as it is known so far. */
export interface QuantileEstimate {
  /** 0 before the first. */
  latency: number;
  /** How many requests it is of, of late: what the next one weighs. */
  requests: number;
}

/**
 * Learns one latency more: raises the estimate when it is below, lowers it when it is not, by such factors that both balance
 * where a part of `quantile` is below; never beyond that latency. They are the larger the fewer requests are remembered, and
 * no more than the last 20 / (1 - quantile) are: then an estimate swings by about a tenth.
 *
 * @param remembered - how much of what is known still counts, from 1 to 0
 */
export function learnQuantile(estimate: QuantileEstimate, latency: number, remembered: number, quantile: number): void {
  const requests = estimate.requests * remembered;
  const odds = quantile / (1 - quantile);
  const before = estimate.latency;
  if (requests === 0) estimate.latency = latency;
  else if (latency > before) estimate.latency = Math.min(latency, before * Math.exp(odds / requests));
  else estimate.latency = Math.max(latency, before * Math.exp(-1 / requests));
  estimate.requests = Math.min(requests + 1, 20 / (1 - quantile));
}
