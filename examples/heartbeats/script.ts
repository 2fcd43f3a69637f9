import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Display } from './display.js';
import { ExampleError } from '../errors.js';
import { actions, type Action, type Outcome } from './events.js';
import type { Member } from './members.js';
import type { Options } from './options.js';
import type { Watcher } from './watcher.js';

/** How long to wait for what is to be noticed, beyond the time it should take, until it is given up. */
const PATIENCE_MS = 10_000;

/** How long people may look before the next thing happens. */
const LOOK_MS = 1500;

/** How many heartbeats detectors may learn from before anything happens. */
const LEARN_INTERVALS = 5;

/** Between two looks at whether a process lives. */
const CALM_MS = 100;

/** What a script works with. */
export interface ScriptParts {
  readonly options: Options;
  readonly members: readonly [Member, Member, Member, Member, Member];
  readonly watcher: Watcher;
  readonly display: Display;
}

/** What happens to the members: of five the first is left alone. */
export class Script {
  readonly #parts: ScriptParts;
  readonly #outcomes: Outcome[] = [];

  constructor(parts: ScriptParts) {
    this.#parts = parts;
  }

  /** Starts all, and lets things happen one after the other, or at once. Returns how each was noticed. */
  async run(): Promise<readonly Outcome[]> {
    const { members, options } = this.#parts;
    await Promise.all(members.map((member) => this.#start(member)));
    await sleep(LEARN_INTERVALS * options.intervalMs);
    const [, second, third, fourth, fifth] = members;
    const steps = [
      () => this.#stopAndContinue(second),
      () => this.#killAndRestart(third),
      () => this.#block(fourth),
      () => this.#leave(fifth),
    ];
    if (options.fast) await Promise.all(steps.map((step) => step()));
    else for (const step of steps) await this.#look().then(step);
    return this.#outcomes;
  }

  async #start(member: Member): Promise<void> {
    const { watcher, display } = this.#parts;
    const trusted = watcher.next(member.id, 'trusted');
    await member.start();
    watcher.watch(member.id);
    display.tell({ event: 'started', process: member.id, pid: member.pid, run: member.run });
    const late = sleep(PATIENCE_MS, null, { ref: false });
    if ((await Promise.race([trusted, late])) === null) throw new ExampleError(`${member.id} was never heard`);
  }

  async #stopAndContinue(member: Member): Promise<void> {
    await this.#excused(member, async () => {
      await this.#act('SIGSTOP', member, () => member.signal('SIGSTOP'));
      await this.#look();
      await this.#act('SIGCONT', member, () => member.signal('SIGCONT'));
    });
  }

  async #killAndRestart(member: Member): Promise<void> {
    await this.#excused(member, async () => {
      await this.#act('SIGKILL', member, () => member.kill());
      await this.#look();
      await this.#act('restart', member, () => member.start());
    });
  }

  /** Long enough for detectors that wait a little longer than they should. */
  async #block(member: Member): Promise<void> {
    const ms = 1.5 * this.#parts.options.timeoutMs + 1000;
    await this.#excused(member, async () => {
      let begun = 0;
      await this.#act('block', member, async () => {
        await member.work(ms);
        return (begun = performance.now());
      });
      const rest = begun + ms - performance.now();
      const waitForEnd = async (): Promise<number> => sleep(rest, begun + ms);
      await this.#act('unblock', member, waitForEnd, `goes on for ${(rest / 1000).toFixed(1)} s`);
    });
  }

  /** Nobody excuses it: who says that it stops is not to be suspected, however long it is silent. */
  async #leave(member: Member): Promise<void> {
    const { options, watcher } = this.#parts;
    await this.#act('leave', member, () => void member.leave());
    await sleep(1.5 * options.timeoutMs);
    const still = watcher.peer(member.id)?.condition === 'stopped' ? 'is still not suspected' : 'is suspected';
    this.#parts.display.say(`${member.id} ${still}`);
  }

  /** Does what makes a member silent, and brings it back. */
  async #excused(member: Member, act: () => Promise<void>): Promise<void> {
    const { watcher } = this.#parts;
    // It may be suspected wrongly just now.
    const giveUpAt = performance.now() + PATIENCE_MS;
    while (watcher.peer(member.id)?.condition !== 'trusted' && performance.now() < giveUpAt) await sleep(CALM_MS);
    watcher.excuse(member.id, true);
    await act();
    watcher.excuse(member.id, false);
  }

  /** Does something to a member and waits until it is noticed. @param act - may return when it was done */
  async #act(
    action: Action,
    member: Member,
    act: () => Promise<number | void> | void,
    saying = actions[action].title,
  ): Promise<void> {
    const { options, watcher, display } = this.#parts;
    const { seen } = actions[action];
    const sighted = watcher.next(member.id, seen);
    const { pid } = member;
    let at = performance.now();
    display.say(`${member.id}: ${saying}`);
    at = (await act()) ?? at;
    const late = sleep(options.timeoutMs + PATIENCE_MS, null, { ref: false });
    const sighting = await Promise.race([sighted, late]);
    const outcome: Outcome = {
      event: 'outcome',
      action,
      process: member.id,
      pid: action === 'restart' ? member.pid : pid,
      run: member.run,
      seen: sighting === null ? null : seen,
      reason: sighting?.reason ?? null,
      detectionMs: sighting === null ? null : Math.max(0, sighting.at - at),
    };
    this.#outcomes.push(outcome);
    display.tell(outcome);
  }

  /** Lets people look. */
  async #look(): Promise<void> {
    if (!this.#parts.options.fast) await sleep(LOOK_MS);
  }
}
