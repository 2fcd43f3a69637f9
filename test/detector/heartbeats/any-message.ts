import fc from 'fast-check';
import { formatGpid, type Gpid } from '../../../src/id/index.js';

/** The gpid of one run after the other of a process, in the order of their numbers. */
export function gpidOf(process: number, run: number): Gpid {
  return { ip: `10.0.0.${process}`, port: 4100, startTimeUs: 1_700_000_000_000_000 + run * 1_000_000, pid: 100 + run };
}

/** The text of {@link gpidOf}. */
export function runOf(process: number, run: number): string {
  return formatGpid(gpidOf(process, run));
}

const hostileNumber = fc.oneof(
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, -1, 0.5, NaN, Infinity, -Infinity, 2 ** 53 - 1, 2 ** 53, 1e308),
);

/** Near a message: each field is right, or anything. */
export const nearMessage: fc.Arbitrary<unknown> = fc.record(
  {
    type: fc.oneof(fc.constantFrom('beat', 'stopping'), fc.anything()),
    run: fc.oneof(fc.constantFrom(runOf(1, 1), runOf(1, 2)), fc.string(), fc.anything()),
    sequence: fc.oneof(fc.nat(), hostileNumber, fc.anything()),
    sentAt: fc.oneof(fc.double(), fc.anything()),
    intervalMs: fc.oneof(fc.constantFrom(1, 1000), hostileNumber, fc.anything()),
    load: fc.oneof(fc.double(), fc.anything()),
    metadata: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.anything()),
    more: fc.anything(),
  },
  { requiredKeys: [] },
);
