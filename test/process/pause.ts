import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * The process is stopped as long as whoever asked for it wants that, and lives: with its standard input the shell goes on,
 * also when this process is killed. Signals that reach a whole terminal do not end it before.
 */
const KEEPER = 'trap "" HUP INT TERM; kill -STOP "$0"; echo stopped; read -r _; kill -CONT "$0"';

/** Stops a process by SIGSTOP. Resolves, when it stands still, to what lets it go on by SIGCONT. */
export async function pause(pid: number): Promise<() => Promise<void>> {
  const keeper = spawn('sh', ['-c', KEEPER, `${pid}`], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(keeper, 'close');
  await once(keeper.stdout, 'data');
  return async () => {
    keeper.stdin.end();
    await ended;
  };
}
