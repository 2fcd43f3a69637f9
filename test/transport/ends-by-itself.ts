import { execFileSync } from 'node:child_process';

/** Runs a program, whose imports are relative to the root of the project. Throws when it does not end within 15 s. */
export function endsByItself(program: string): void {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  execFileSync(process.execPath, args, { stdio: 'pipe', timeout: 15_000 });
}
