import type { Lease, RequestResult } from './balancer.js';

/** A lease whose end is heard of, once, after the balancer that gave it. */
export function heardLease(lease: Lease, ended: (result: RequestResult | undefined) => void): Lease {
  let open = true;
  const done = (result?: RequestResult): void => {
    if (!open) return;
    open = false;
    lease.done(result);
    ended(result);
  };
  return { node: lease.node, done };
}
