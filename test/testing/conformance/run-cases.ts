import { expect, it } from 'vitest';
import type { ConformanceCase } from '../../../src/testing/index.js';

/** Runs the cases of a kit as tests. */
export function runCases(cases: readonly ConformanceCase[]): void {
  for (const { name, run } of cases) it(name, run);
}

/** Runs one case, which must fail, and returns what it says. */
export async function failureOf(cases: readonly ConformanceCase[], name: string): Promise<string> {
  const found = cases.find((one) => one.name === name);
  expect(found, `a case named "${name}"`).toBeDefined();
  const error: unknown = await found!.run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error, `what "${name}" says`).toMatchObject({ code: 'not-conformant' });
  return (error as Error).message;
}
