import { describe, expect, it } from 'vitest';
import { isQuorateError } from '../../src/core/errors.js';
import { seededRandom } from '../../src/core/random.js';
import { openFileJournal } from '../../src/storage/file.js';
import type { FileJournal } from '../../src/storage/file.js';
import { type Fault, ForgetfulFileLayer } from './forgetful-file-layer.js';
import { contentsOf, describeData, History } from './history.js';
import { entry, loose, source } from './records.js';
import { journalOptions } from './temporary-place.js';

const SEEDS = 12;
const GROUPS = ['busy', 'idle'];

/** One journal in memory with its history; a crash may hit any step of it. */
class Scene {
  readonly layer: ForgetfulFileLayer;
  readonly history = new History();

  constructor(seed: number) {
    this.layer = new ForgetfulFileLayer(seededRandom(seed));
  }

  open(): Promise<FileJournal> {
    return openFileJournal(journalOptions('/journal', { fileLayer: this.layer, segmentBytes: 4096 }));
  }

  async append(journal: FileJournal, ...records: ReturnType<typeof entry>[]): Promise<void> {
    this.history.records.push(...records);
    const count = this.history.records.length;
    await journal.append(records);
    this.history.acknowledged = count;
  }

  async checkpoint(journal: FileJournal, keepFrom: number, payload: string): Promise<void> {
    const carry = [loose('busy', `carried with ${payload}`)];
    const boundary = this.history.records.length;
    const described = carry.map(({ data }) => describeData(data));
    const checkpoint = { group: 'busy', payload, keepFrom, boundary, carry: described };
    this.history.open.add(checkpoint);
    await journal.checkpoint('busy', source(payload), { keepFrom, carry });
    this.history.checkpoints.push(checkpoint);
    this.history.open.delete(checkpoint);
  }

  /** Many segments: some that only an idle group needs, and an old checkpoint. */
  async prepare(): Promise<void> {
    const journal = await this.open();
    for (let index = 1; index <= 60; index += 5) {
      const batch = Array.from({ length: 5 }, (_, i) => entry('busy', index + i, `${index + i} `.repeat(200)));
      await this.append(journal, ...batch);
      if (index === 26) await this.append(journal, entry('idle', 1), loose('idle', 'vote'));
    }
    await this.checkpoint(journal, 5, 'old');
    await this.append(journal, loose('busy', 'vote'), entry('busy', 58, 'again'));
    await journal.close();
  }

  /** Opens, acts and closes; what was refused is known from the history. */
  async live(act: (scene: Scene, journal: FileJournal) => Promise<unknown>): Promise<void> {
    const journal = await this.open().catch(() => undefined);
    if (journal === undefined) return;
    await act(this, journal).catch(() => undefined);
    await journal.close();
  }

  /** Opens after whatever happened and compares with the history. */
  async check(): Promise<void> {
    const journal = await this.open();
    this.history.settle(await contentsOf(journal), GROUPS);
    await journal.close();
  }
}

/** Lets the power fail at each step after `act` called `arm`, with several outcomes each, and checks what is left. */
async function failAtEachStep(act: (scene: Scene, arm: () => void) => Promise<void>, seeds = SEEDS): Promise<number> {
  let steps = 1;
  for (let step = 1; step <= steps; step += 1) {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const scene = new Scene(seed);
      await scene.prepare();
      const arm = (): void => {
        scene.layer.fault = { kind: 'crash', at: scene.layer.operations + step };
      };
      await act(scene, arm).catch(() => undefined);
      if (!scene.layer.crashed) return step - 1;
      scene.layer.powerLoss();
      await scene.check().catch((cause: unknown) => {
        throw new Error(`step ${step}, seed ${seed}: ${(cause as Error).message}`, { cause });
      });
    }
    steps += 1;
  }
  return steps;
}

/** What becomes of the process whose disk failed. */
const ENDINGS = ['closes', 'dies', 'loses power'] as const;

/**
 * Lets the disk fail at each step of `act`, closes the journal or lets it die, gives the space back, and checks what is
 * left. A disk that is still full may refuse an opening, but only with the error that says so.
 */
async function refuseAtEachStep(kind: Fault, act: (scene: Scene, journal: FileJournal) => Promise<unknown>) {
  for (let step = 1; ; step += 1) {
    for (let seed = 1; seed <= 2 * ENDINGS.length; seed += 1) {
      const scene = new Scene(seed);
      await scene.prepare();
      scene.layer.fault = { kind, at: scene.layer.operations + step };
      await scene.live(act);
      if (!scene.layer.hit) return step - 1;
      if (kind === 'full') await scene.check().catch(onlyFull);
      scene.layer.fault = undefined;
      const ending = ENDINGS[seed % ENDINGS.length];
      if (ending === 'dies') scene.layer.killProcess();
      if (ending === 'loses power') scene.layer.powerLoss();
      await scene.check().catch((cause: unknown) => {
        throw new Error(`step ${step}, seed ${seed}, ${ending}: ${(cause as Error).message}`, { cause });
      });
    }
  }
}

function onlyFull(error: unknown): void {
  if (!isQuorateError(error, 'journal-full')) throw error;
}

describe.each<{ kind: Fault; what: string }>([
  { kind: 'fail', what: 'an operation that fails' },
  { kind: 'short', what: 'a write that stops half way' },
  { kind: 'full', what: 'a disk that becomes full' },
])('$what at each step', ({ kind }) => {
  it('of a checkpoint beside appends loses nothing acknowledged, and keeps nothing by halves', async () => {
    const steps = await refuseAtEachStep(kind, (scene, journal) =>
      Promise.all([
        scene.checkpoint(journal, 55, 'new'),
        scene.append(journal, entry('busy', 59), loose('idle', 'second vote')),
      ]),
    );
    expect(steps).toBeGreaterThan(kind === 'full' ? 4 : 15);
  });

  it('of appends in several segments loses nothing acknowledged, and keeps nothing by halves', async () => {
    const steps = await refuseAtEachStep(kind, async (scene, journal) => {
      for (let index = 59; index <= 66; index += 1) await scene.append(journal, entry('busy', index, 'x'.repeat(1500)));
    });
    expect(steps).toBeGreaterThan(kind === 'full' ? 8 : 20);
  });
});

describe('a power loss at each step', () => {
  it('of a checkpoint and of freeing what it supersedes leaves the old or the new state', async () => {
    const steps = await failAtEachStep(async (scene, arm) => {
      arm();
      const journal = await scene.open();
      await Promise.all([
        scene.checkpoint(journal, 55, 'new'),
        scene.append(journal, entry('busy', 59), loose('idle', 'second vote')),
      ]);
      await journal.close();
    });
    expect(steps).toBeGreaterThan(15);
  });

  it('of beginning a segment keeps everything acknowledged', async () => {
    const steps = await failAtEachStep(async (scene, arm) => {
      arm();
      const journal = await scene.open();
      for (let index = 59; index <= 66; index += 1) await scene.append(journal, entry('busy', index, 'x'.repeat(1500)));
      await journal.close();
    });
    expect(steps).toBeGreaterThan(20);
  });

  it('of an opening after a power loss keeps everything acknowledged', async () => {
    const steps = await failAtEachStep(async (scene, arm) => {
      const journal = await scene.open();
      scene.layer.fault = { kind: 'crash', at: scene.layer.operations + 5 };
      const appends = [59, 60, 61, 62].map((index) => scene.append(journal, entry('busy', index, 'y'.repeat(600))));
      await Promise.allSettled([...appends, scene.checkpoint(journal, 40, 'new')]);
      scene.layer.powerLoss();
      arm();
      await scene.check();
    });
    expect(steps).toBeGreaterThan(3);
  });

  it('of an opening after the process died at each step of a checkpoint leaves the old or the new state', async () => {
    let died = true;
    for (let death = 1; died; death += 1) {
      await failAtEachStep(async (scene, arm) => {
        const journal = await scene.open();
        scene.layer.fault = { kind: 'crash', at: scene.layer.operations + death };
        await scene.checkpoint(journal, 55, 'new').catch(() => undefined);
        died = scene.layer.crashed;
        scene.layer.killProcess();
        arm();
        await scene.check();
      }, 4);
    }
  });
});
