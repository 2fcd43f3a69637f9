import { checkNumber, systemClock } from '../../core/index.js';
import type { ConformanceCase } from './case.js';
import { TransportBench, type TransportSetup, type TransportSupports, type TransportTest } from './transport-bench.js';
import { deliveryCases } from './transport-delivery.js';
import { lifetimeCases } from './transport-lifetime.js';
import { limitCases } from './transport-limits.js';

/**
 * What every `Transport` must do, as cases for any test runner. They run on the platform's clock or another one,
 * need nothing of the platform themselves, and wait for events, never for a time to pass.
 *
 * They look at one transport kind at both ends, on a network that works. Whether an implementation survives hostile
 * bytes, lost connections and full buffers of the system is for tests of its own.
 *
 * @throws InvalidOptionError
 */
export function transportCases(setup: TransportSetup, supports: TransportSupports): readonly ConformanceCase[] {
  const timeoutMs = checkNumber('timeoutMs', setup.timeoutMs ?? 5000, { min: 1, integer: false });
  const patience = { clock: setup.clock ?? systemClock, timeoutMs };
  const test: TransportTest = (name, run) => ({
    name,
    async run() {
      const bench = new TransportBench(await setup.network(), supports, patience);
      try {
        await run(bench);
      } finally {
        await bench.end();
      }
    },
  });
  return [...deliveryCases(test, supports), ...limitCases(test, supports), ...lifetimeCases(test, supports)];
}
