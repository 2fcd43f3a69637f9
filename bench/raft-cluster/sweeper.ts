/**
 * Waits until the process that started it is gone or hangs up, then kills the processes that it was told of and removes
 * the folder that is its argument.
 */
import { rmSync } from 'node:fs';

/** A process that was just killed may still be in the middle of a write. */
const RETRIES = { maxRetries: 50, retryDelay: 100 };

const pids: number[] = [];

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

process.on('message', (pid) => void pids.push(pid as number));
process.on('disconnect', () => {
  pids.forEach(kill);
  rmSync(process.argv[2]!, { recursive: true, force: true, ...RETRIES });
  process.exit(0);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {}); // it ends when its work is done
