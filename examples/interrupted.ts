/** Signals that end an example, with the exit codes that shells give them. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

let code: number | null = null;

/** Rejects when a signal comes. From then on further ones change nothing: everything is being ended already. */
export const interrupted = new Promise<never>((_, reject) => {
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      code ??= exitCode;
      reject(new Error(signal));
    });
  }
});

interrupted.catch(() => {}); // it may come when nobody waits for it

/** The exit code of the signal that came; `null` while none has. */
export function exitCodeOfSignal(): number | null {
  return code;
}
