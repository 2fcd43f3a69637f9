import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Estimate } from 'quorate/testing';
import { drawDetectors } from '../../docs/pictures/draw-detectors.js';
import { formatTable } from '../../scripts/table.js';
import { analytic, methods, rows, type Method } from '../detector/chen-simulation.js';
import { bertier, contenders } from '../detector/contenders.js';
import { AREAS, Comparison, TARGETS, type Play, type Pooled } from '../detector/quality.js';
import { DEFAULTS, type Case, type Report, type Suite } from '../harness.js';

/*
 * How often, how long and how soon detectors suspect, by the same traces: over two wide areas with their mean detection time
 * made equal, and over the link of Chen's simulation within bounds. Nothing is timed: a round is a seed, all rounds count
 * together, and traces are longer when rounds may take more seconds, by default 400,000 heartbeats and 4 million. What is
 * printed is the same each time. `null`: it cannot be there, or it made no mistake that another could follow.
 */
const comparison = new Comparison();
/** Of the detection times those that fit into a table. */
const COLUMNS = [200, 250, 300, 350, 400, 500, 1000, 2000].map((target) => TARGETS.indexOf(target));
const names = [...contenders.map(({ name }) => name), bertier.name];
const chenNames = Object.keys(methods) as Method[];

const figures = {
  'mistake recurrence': ['ms', ({ recurrenceMs }: Pooled) => recurrenceMs.value],
  'mistake duration': ['ms', ({ durationMs }: Pooled) => durationMs.value],
  'query accuracy': ['ratio', ({ queryAccuracy }: Pooled) => queryAccuracy],
  'detection time': ['ms', ({ detectionTimeMs }: Pooled) => detectionTimeMs],
} as const;

/** What is reported of a detector at one place. */
function casesOf(what: string, play: Play, index: number): Case[] {
  return Object.entries(figures).map(([figure, [unit, of]]) => {
    const value = (): number => {
      const pooled = play.pooled(index);
      return pooled === null ? NaN : of(pooled);
    };
    let round = 0;
    const measure = async (seconds: number): Promise<number> => {
      await comparison.run(round++, seconds);
      return value();
    };
    return { name: `${what}: ${figure}`, unit, measure, total: value };
  });
}

/** What the formulas say, for comparison. */
function analysis(bound: number): Case[] {
  const { mistakeRecurrenceMs, mistakeDurationMs } = analytic(bound);
  const what = `Chen's link, analysis of NFD-S, within ${bound} ms`;
  return [
    { name: `${what}: mistake recurrence`, unit: 'ms', measure: () => mistakeRecurrenceMs },
    { name: `${what}: mistake duration`, unit: 'ms', measure: () => mistakeDurationMs },
  ];
}

const suite: Suite = () => {
  const areas = AREAS.flatMap((area) =>
    names.flatMap((name) => {
      const play = comparison.find(area, name);
      if (name === bertier.name) return casesOf(`${area}, ${name}`, play, 0);
      return TARGETS.flatMap((target, i) => casesOf(`${area}, ${name} at ${target} ms`, play, i));
    }),
  );
  const chen = rows.flatMap(({ bound }, i) => [
    ...chenNames.flatMap((name) =>
      casesOf(`Chen's link, ${name} within ${bound} ms`, comparison.find('chen', name), i),
    ),
    ...analysis(bound),
  ]);
  const [first, ...others] = [...areas, ...chen] as [Case, ...Case[]];
  return [{ ...first, close: () => comparison.close() }, ...others];
};

export default suite;

const AREA_NAMES = { stationary: 'stationary', bursts: 'losses in bursts, slow messages in spells' };

/** Tables for people, and a picture: the one in the documents for the default options, elsewhere for others. */
export const report: Report = (_results, { seconds, rounds }) => {
  const panels = AREAS.map((area) => ({
    title: `Wide area, ${AREA_NAMES[area]}`,
    curves: names.map((name) => ({ name, points: pointsOf(area, name) })),
  }));
  const usual = seconds === DEFAULTS.seconds && rounds === DEFAULTS.rounds;
  const [folder, name] = [usual ? 'docs/pictures' : tmpdir(), 'detector-quality.svg'];
  drawDetectors(panels, usual ? name : pathToFileURL(join(folder, name)).href);
  process.stderr.write(`The mistakes an hour are drawn in ${join(folder, name)}\n`);
  return [...AREAS.map(areaReport), chenReport()].join('\n');
};

function pointsOf(area: (typeof AREAS)[number], name: string) {
  const play = comparison.find(area, name);
  return (name === bertier.name ? [0] : TARGETS).map((_, i) => {
    const pooled = play.pooled(i);
    return pooled && { detectionTimeMs: pooled.detectionTimeMs, mistakesPerHour: perHour(pooled) };
  });
}

const perHour = ({ mistakes, observedMs }: Pooled): number => (3_600_000 * mistakes) / observedMs;
const number = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 });

function areaReport(area: (typeof AREAS)[number]): string {
  const [alone, ...swept] = [bertier.name, ...contenders.map(({ name }) => name)];
  const { observedMs } = comparison.find(area, alone).pooled(0)!;
  const tables: Record<string, (pooled: Pooled) => string> = {
    'mistakes an hour': (pooled) => number(perHour(pooled)),
    'how long a mistake lasts, ms': ({ mistakes, durationMs }) => (mistakes === 0 ? '' : number(durationMs.value)),
    'query accuracy': ({ queryAccuracy }) => queryAccuracy.toFixed(6),
    'value of the knob': ({ knob }) => number(knob),
  };
  const columns = Object.fromEntries(COLUMNS.map((i) => [`${TARGETS[i]!} ms`, 'right'] as const));
  const one = comparison.find(area, alone).pooled(0)!;
  return Object.entries(tables)
    .map(([what, cell]) => {
      const body = swept.map((name) => {
        const knob = what.includes('knob') ? `, ${contenders.find((each) => each.name === name)!.knob}` : '';
        const play = comparison.find(area, name);
        return [name + knob, ...COLUMNS.map((i) => play.pooled(i)).map((pooled) => (pooled ? cell(pooled) : '-'))];
      });
      const single = what.includes('knob') ? '' : `${alone} at ${number(one.detectionTimeMs)} ms: ${cell(one)}\n`;
      const head = `Wide area, ${AREA_NAMES[area]}, ${number(observedMs / 3_600_000)} hours, by detection time: ${what}\n`;
      return `${head}${formatTable({ detector: 'left', ...columns }, body)}${single}`;
    })
    .join('\n');
}

function chenReport(): string {
  const digits = (ms: number, maximumSignificantDigits: number): string =>
    (ms / 1000).toLocaleString('en', { maximumSignificantDigits });
  const seconds = ({ value, standardError }: Estimate): string => `${digits(value, 5)} ± ${digits(standardError, 2)}`;
  const columns = Object.fromEntries(chenNames.map((name) => [name, 'right'] as const));
  const body = (['mistakeRecurrenceMs', 'mistakeDurationMs'] as const).flatMap((figure) =>
    rows.map(({ bound }, i) => [
      figure === 'mistakeRecurrenceMs' ? 'T_MR' : 'T_M',
      String(bound),
      digits(analytic(bound)[figure], 6),
      ...chenNames.map((name) => {
        const { recurrenceMs, durationMs } = comparison.find('chen', name).pooled(i)!;
        return seconds(figure === 'mistakeRecurrenceMs' ? recurrenceMs : durationMs);
      }),
    ]),
  );
  const head = "Chen's link: mean recurrence and duration of mistakes in seconds, with standard errors\n";
  return head + formatTable({ what: 'left', 'within ms': 'right', 'NFD-S, analysis': 'right', ...columns }, body);
}
