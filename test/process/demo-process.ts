import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** How a process of the demo ended. */
export interface Ended {
  /** The exit code, or the signal. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the demo. */
export interface Running {
  readonly child: ChildProcess;
  /** The folder that the process takes for its temporary files. */
  readonly temporary: string;
  /** Resolves when a line of standard error has held this text, since the start. */
  said(text: string): Promise<void>;
  /** Resolves when the process has ended and so has every process that it started: all of them hold its standard error. */
  readonly ended: Promise<Ended>;
}

/** Starts an example that is bundled in a folder. */
export function startDemo(bundle: string, temporary: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [join(bundle, 'main.mjs'), ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const lines = createInterface({ input: child.stderr });
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code: code ?? signal, stdout, stderr }));
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      if (
        stderr
          .split('\n')
          .slice(0, -1)
          .some((line) => line.includes(text))
      )
        resolve();
      lines.on('line', (line) => line.includes(text) && resolve());
      void ended.then(() => reject(new Error(`"${text}" was never said, but: ${stderr}`)));
    });
  return { child, temporary, said, ended };
}
