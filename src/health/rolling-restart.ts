import {
  checkNumber,
  InvalidOptionError,
  pause,
  QuorateError,
  systemClock,
  TimeoutError,
  type Clock,
} from '../core/index.js';

/** What is done to a node, in this order. */
export type RestartStep = 'check' | 'drain' | 'idle' | 'stop' | 'start' | 'healthy' | 'admit';

/** What a {@link rollingRestart} does to a node. What rejects or throws is the failure of that step. */
export interface RestartActions {
  /** Keeps new requests from it: fails its health check, stops its heartbeats, or tells the balancers. */
  drain(node: string): unknown;
  /** How many requests it still has. @defaultValue not known, so that all of `idleDeadlineMs` is waited for */
  inFlight?(node: string): number | Promise<number>;
  /** Ends it; resolves when it is gone. */
  stop(node: string): unknown;
  /** Starts it; resolves when that is under way. */
  start(node: string): unknown;
  /** Whether it is well. Asked again only when it has answered; what rejects is no answer, and so is what comes too late. */
  isHealthy(node: string): boolean | Promise<boolean>;
  /** Gives it requests again, for instance by what undoes `drain`. @defaultValue nothing: its start has undone that */
  admit?(node: string): unknown;
  /**
   * Starts it as it was before. When it is there and a node fails, that node, and then those that were restarted before, the
   * last one first, are restarted by this in place of `start`.
   *
   * @defaultValue none: what was done stays, and the node that failed as it is
   */
  startPrevious?(node: string): unknown;
}

/** How far a restart has come. */
export interface RestartProgress {
  readonly node: string;
  /** What begins; `done` when the node has requests again. */
  readonly step: RestartStep | 'done';
  /** Nodes that are done, this one not counted until it is. */
  readonly done: number;
  /** Nodes to be restarted in all; those to be rolled back while that goes on. */
  readonly total: number;
  readonly rollingBack: boolean;
}

/** Options of {@link rollingRestart}. */
export interface RollingRestartOptions {
  /**
   * How long those who send requests need to notice that a node drains: an interval of their checks times its threshold.
   * @defaultValue 5000: two checks each two seconds, and some
   */
  readonly noticeMs?: number;
  /**
   * How long requests in flight are waited for, then the node is stopped all the same.
   * @defaultValue 30000, which most requests do not take; as long as orchestrators usually wait
   */
  readonly idleDeadlineMs?: number;
  /** How long a node may take until it is well, or the restart has failed. @defaultValue 60000 */
  readonly healthyDeadlineMs?: number;
  /** How long draining, stopping, starting and admitting a node may take each. @defaultValue 60000 */
  readonly stepDeadlineMs?: number;
  /** How long a node must have been well without a break before the next one is taken. @defaultValue 0 */
  readonly settleMs?: number;
  /** How often it is asked whether a node is idle, or well. @defaultValue 100 */
  readonly pollMs?: number;
  /**
   * Whether all other nodes must be well before one is taken out.
   * @defaultValue true: a fleet that is short already is not made shorter
   */
  readonly requireOthers?: boolean;
  /** Hears of each step as it begins. What it throws is ignored: no node stays drained for that. */
  readonly onProgress?: (progress: RestartProgress) => void;
  /** Ends it before the next node, or while one drains, which is then admitted again; one that was stopped is started first. */
  readonly signal?: AbortSignal;
  /** @defaultValue `systemClock` */
  readonly clock?: Clock;
}

/** A restart has ended at a node. Code `rolling-restart-failed`, the outcome that of its cause, or `failed`. */
export class RollingRestartError extends QuorateError {
  /** At which node, and at which of its steps. */
  readonly node: string;
  readonly step: RestartStep;
  /** Restarted, in order, and not rolled back. */
  readonly restarted: readonly string[];
  /** Running as before again. */
  readonly rolledBack: readonly string[];
  /** Where rolling back has ended, too, and why; these want a look. */
  readonly notRolledBack: readonly { readonly node: string; readonly cause: unknown }[];

  constructor(
    failed: { readonly node: string; readonly step: RestartStep; readonly cause?: unknown },
    restarted: readonly string[],
    rolledBack: readonly string[],
    notRolledBack: RollingRestartError['notRolledBack'],
    total: number,
  ) {
    const { node, step, cause } = failed;
    const back = rolledBack.length > 0 ? `, ${rolledBack.length} rolled back` : '';
    const stuck = notRolledBack.length > 0 ? `, ${notRolledBack.length} could not be` : '';
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      'rolling-restart-failed',
      `the step "${step}" of ${node} failed; ${restarted.length} of ${total} are restarted${back}${stuck}: ${why}`,
      { cause },
    );
    this.node = node;
    this.step = step;
    this.restarted = restarted;
    this.rolledBack = rolledBack;
    this.notRolledBack = notRolledBack;
  }
}

/**
 * Restarts a fleet, one node after the other, such that no request fails: each is drained, waited for until it is idle or a
 * deadline has passed, stopped, started, found well, and given requests again before the next one is touched. Ends at the first
 * failure, says how far it came, and rolls back if it can.
 *
 * Timers do not keep a process alive, so what else does must: a server, or the processes that are restarted. Not for replicas of
 * a consensus group alone: hand leadership over in `drain`, and let `isHealthy` say whether it has caught
 * up. Not for what must never have two versions side by side.
 *
 * @throws RollingRestartError, the reason of the signal, InvalidOptionError
 */
export async function rollingRestart(
  nodes: readonly string[],
  actions: RestartActions,
  options: RollingRestartOptions = {},
): Promise<void> {
  if (new Set(nodes).size < nodes.length)
    throw new InvalidOptionError('nodes', nodes, 'names of which none is repeated');
  const restart = new Restart(nodes, actions, options);
  const restarted: string[] = [];
  for (const node of nodes) {
    options.signal?.throwIfAborted();
    try {
      await restart.one(node, restarted.length, nodes.length, false);
      restarted.push(node);
    } catch (error) {
      if (!(error instanceof FailedStep)) throw error;
      throw await undo(restart, error, restarted, nodes.length);
    }
  }
}

/** Rolls back the node that failed if it was stopped, then the others, the last one first, until that fails, too. */
async function undo(
  restart: Restart,
  failed: FailedStep,
  restarted: readonly string[],
  total: number,
): Promise<RollingRestartError> {
  const rolledBack: string[] = [];
  const notRolledBack: { node: string; cause: unknown }[] = [];
  const wasStopped = !['check', 'drain', 'idle'].includes(failed.step);
  const nodes = restart.canGoBack ? [...(wasStopped ? [failed.node] : []), ...[...restarted].reverse()] : [];
  for (const node of nodes) {
    try {
      await restart.one(node, rolledBack.length, nodes.length, true);
      rolledBack.push(node);
    } catch (error) {
      if (!(error instanceof FailedStep)) throw error;
      notRolledBack.push({ node, cause: error.cause });
      break; // what keeps one from its old version may keep the next one, too
    }
  }
  const left = restarted.filter((node) => !rolledBack.includes(node));
  return new RollingRestartError(failed, left, rolledBack, notRolledBack, total);
}

/** Where a node's restart has ended. */
class FailedStep extends Error {
  readonly node: string;
  readonly step: RestartStep;

  constructor(node: string, step: RestartStep, cause: unknown) {
    super(step, { cause });
    this.node = node;
    this.step = step;
  }
}

/** What is the same for all nodes of a restart. */
class Restart {
  readonly #nodes: readonly string[];
  readonly #actions: RestartActions;
  readonly #options: RollingRestartOptions;
  readonly #clock: Clock;
  readonly #noticeMs: number;
  readonly #idleDeadlineMs: number;
  readonly #healthyDeadlineMs: number;
  readonly #stepDeadlineMs: number;
  readonly #settleMs: number;
  readonly #pollMs: number;

  constructor(nodes: readonly string[], actions: RestartActions, options: RollingRestartOptions) {
    const { noticeMs = 5000, idleDeadlineMs = 30_000, healthyDeadlineMs = 60_000, stepDeadlineMs = 60_000 } = options;
    const { settleMs = 0, pollMs = 100 } = options;
    this.#nodes = nodes;
    this.#actions = actions;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#noticeMs = checkNumber('noticeMs', noticeMs, { min: 0 });
    this.#idleDeadlineMs = checkNumber('idleDeadlineMs', idleDeadlineMs, { min: 0 });
    this.#healthyDeadlineMs = checkNumber('healthyDeadlineMs', healthyDeadlineMs, { min: 1 });
    this.#stepDeadlineMs = checkNumber('stepDeadlineMs', stepDeadlineMs, { min: 1 });
    this.#settleMs = checkNumber('settleMs', settleMs, { min: 0 });
    this.#pollMs = checkNumber('pollMs', pollMs, { min: 1 });
  }

  get canGoBack(): boolean {
    return this.#actions.startPrevious !== undefined;
  }

  /** Restarts a node. @throws FailedStep, the reason of the signal */
  async one(node: string, done: number, total: number, rollingBack: boolean): Promise<void> {
    const actions = this.#actions;
    const signal = rollingBack ? undefined : this.#options.signal;
    const step = async (name: RestartStep, action: () => unknown): Promise<void> => {
      this.#tell({ node, step: name, done, total, rollingBack });
      try {
        await action();
      } catch (cause) {
        throw new FailedStep(node, name, cause);
      }
    };
    const timed = (name: RestartStep, action: () => unknown): Promise<void> =>
      step(name, () => this.#within(this.#stepDeadlineMs, `the step "${name}" of ${node}`, action));
    const admit = (): Promise<void> => timed('admit', () => actions.admit?.(node));

    if (!rollingBack) await step('check', () => this.#checkOthers(node));
    try {
      await timed('drain', () => actions.drain(node));
      await step('idle', () => this.#untilIdle(node, signal));
    } catch (error) {
      await admit().catch(() => {}); // it runs as before, and what went wrong first is what matters
      throw error;
    }
    if (signal?.aborted) {
      await admit();
      throw signal.reason;
    }
    await timed('stop', () => actions.stop(node));
    await timed('start', () => (rollingBack ? actions.startPrevious!(node) : actions.start(node)));
    await step('healthy', () => this.#untilHealthy(node));
    await admit();
    this.#tell({ node, step: 'done', done: done + 1, total, rollingBack });
  }

  #tell(progress: RestartProgress): void {
    try {
      this.#options.onProgress?.(progress);
    } catch {
      // as its docs say
    }
  }

  async #checkOthers(node: string): Promise<void> {
    if (this.#options.requireOthers === false) return;
    for (const other of this.#nodes) {
      if (other !== node && !(await this.#isHealthy(other, this.#stepDeadlineMs)))
        throw new Error(`${other} is not well; mend it first, or set requireOthers to false`);
    }
  }

  /** Also when the deadline has passed, or the signal has aborted. */
  async #untilIdle(node: string, signal: AbortSignal | undefined): Promise<void> {
    await pause(this.#clock, this.#noticeMs, signal);
    const deadline = this.#clock.now() + this.#idleDeadlineMs;
    for (;;) {
      const left = deadline - this.#clock.now();
      if (left <= 0 || signal?.aborted) return;
      const what = `the number of requests of ${node}`;
      const inFlight = await this.#within(this.#stepDeadlineMs, what, () => this.#actions.inFlight?.(node));
      if (inFlight === 0) return;
      await pause(this.#clock, Math.min(this.#pollMs, left), signal);
    }
  }

  async #untilHealthy(node: string): Promise<void> {
    const deadline = this.#clock.now() + this.#healthyDeadlineMs;
    let since = Infinity;
    for (;;) {
      const healthy = await this.#isHealthy(node, Math.max(0, deadline - this.#clock.now()));
      const now = this.#clock.now();
      since = healthy ? Math.min(since, now) : Infinity;
      if (now - since >= this.#settleMs) return;
      if (now >= deadline) throw new TimeoutError(`${node}, to be well,`, this.#healthyDeadlineMs);
      await pause(this.#clock, Math.min(this.#pollMs, deadline - now));
    }
  }

  /** What cannot be asked, or does not answer, is not well. */
  async #isHealthy(node: string, withinMs: number): Promise<boolean> {
    try {
      return await this.#within(withinMs, node, () => this.#actions.isHealthy(node));
    } catch {
      return false;
    }
  }

  /** @throws TimeoutError */
  #within<T>(ms: number, what: string, action: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(ms, () => reject(new TimeoutError(what, ms)));
      Promise.resolve().then(action).then(resolve, reject).finally(cancel);
    });
  }
}
