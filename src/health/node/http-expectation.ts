import type { IncomingMessage } from 'node:http';
import { checkNumber, InvalidOptionError } from '../../core/index.js';
import { HealthCheckError } from './health-check-error.js';

/** What the answer of a node that is well is like. */
export interface HttpExpectation {
  /**
   * Statuses, each a number or a range with both its ends.
   *
   * @defaultValue `[[200, 299]]`: whoever redirects does not answer for itself
   */
  readonly expectedStatus?: readonly (number | readonly [from: number, to: number])[];
  /** What the body must have in it: a text, or a pattern without the flags `g` and `y`. @defaultValue nothing: it is not read */
  readonly bodyMatch?: string | RegExp;
  /**
   * How many bytes of the body are read to find that, at most; the rest is neither read nor waited for.
   *
   * @defaultValue 65536: an answer to a check is short
   */
  readonly maxBodyBytes?: number;
}

/** Returns what rejects with {@link HealthCheckError} for an answer that is not as expected. @throws InvalidOptionError */
export function httpExpectation(
  options: HttpExpectation,
): (answered: string, response: IncomingMessage) => Promise<void> {
  const { bodyMatch, maxBodyBytes = 65_536 } = options;
  const ranges = checkStatuses(options.expectedStatus ?? [[200, 299]]);
  checkNumber('maxBodyBytes', maxBodyBytes, { min: 1, max: 0x3fff_ffff });
  checkPattern(bodyMatch);

  return async (answered, response) => {
    const { statusCode = 0 } = response;
    if (!ranges.some(([from, to]) => statusCode >= from && statusCode <= to))
      throw new HealthCheckError(`${answered} status ${statusCode}; expected is ${ranges.map(describe).join(', ')}`);
    if (bodyMatch === undefined) return;
    const body = await beginningOf(response, maxBodyBytes);
    const found = typeof bodyMatch === 'string' ? body.includes(bodyMatch) : bodyMatch.test(body);
    if (found) return;
    const expected = typeof bodyMatch === 'string' ? JSON.stringify(bodyMatch) : String(bodyMatch);
    const came = JSON.stringify(body.length > 80 ? `${body.slice(0, 77)}...` : body);
    throw new HealthCheckError(`${answered} ${came}; expected is ${expected} in its first ${maxBodyBytes} bytes`);
  };
}

function checkStatuses(
  statuses: NonNullable<HttpExpectation['expectedStatus']>,
): readonly (readonly [number, number])[] {
  const ranges = statuses.map((status) => (typeof status === 'number' ? ([status, status] as const) : status));
  const right = ranges.every(([from, to]) => isStatus(from) && isStatus(to) && from <= to);
  if (!right || ranges.length === 0)
    throw new InvalidOptionError('expectedStatus', JSON.stringify(statuses), 'statuses from 100 to 599, or ranges');
  return ranges;
}

function isStatus(status: unknown): boolean {
  return Number.isInteger(status) && Number(status) >= 100 && Number(status) <= 599;
}

function checkPattern(bodyMatch: unknown): void {
  const right =
    bodyMatch instanceof RegExp
      ? !bodyMatch.global && !bodyMatch.sticky // which would remember where the last search ended
      : bodyMatch === undefined || (typeof bodyMatch === 'string' && bodyMatch !== '');
  if (!right) throw new InvalidOptionError('bodyMatch', String(bodyMatch), 'a text, or a pattern without g and y');
}

function describe([from, to]: readonly [number, number]): string {
  return from === to ? String(from) : `${from} to ${to}`;
}

async function beginningOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString();
}
