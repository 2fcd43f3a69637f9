import { describe, expect, it } from 'vitest';
import { simulateHistory } from '../../../bench/histories.js';
import { casRegister } from '../../../bench/subjects.js';
import {
  casRegisterModel,
  checkLinearizability,
  keyValueModel,
  registerModel,
  renderTimeline,
  type CasRegisterInput,
  type History,
  type KeyValueInput,
  type KeyValueOutput,
  type RegisterInput,
} from '../../../src/testing/index.js';
import { failed, ok, unknown } from './operations.js';

const write = (value: unknown): RegisterInput => ({ op: 'write', value });
const read: RegisterInput = { op: 'read' };

function pageOf(history: History<RegisterInput, unknown>): string {
  return renderTimeline(history, checkLinearizability(history, registerModel()));
}

/** The place and size of the bar whose text ends in this. */
function bar(page: string, text: string): { x: number; y: number; width: number } {
  const timeline = page.slice(page.indexOf('class="lanes"'));
  const group = timeline.split('<g').find((part) => part.includes(`${text}</text></g>`)) ?? '';
  const [, x, y, width] = /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/.exec(group) ?? [];
  return { x: Number(x), y: Number(y), width: Number(width) };
}

describe('renderTimeline', () => {
  const violation = [
    ok(1, [0, 10], write('a'), undefined),
    ok(2, [5, 20], write('b'), undefined),
    unknown(1, 12, write('c')),
    failed(3, [13, 14], write('d')),
    ok(3, [30, 40], read, 'e'),
    ok(2, [50, 60], read, 'b'),
  ];

  it('marks the operation that cannot be placed, and numbers the others', () => {
    const page = pageOf(violation);
    expect(page).toContain('<title>Not linearizable</title>');
    expect(page).toMatch(/<g id="culprit"><title>#4, process 3: read → &quot;e&quot;; called at 30, ok at 40/);
    expect(page).toContain('<tspan font-weight="700">1</tspan> write');
    expect(page).toContain('leaves the state <code>&quot;c&quot;</code>');
    expect(page).toContain('text-decoration="line-through">write &quot;d&quot;');
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });

  it('draws bars in the order of time, a lane for each process, and another row where one overlaps itself', () => {
    const page = pageOf(violation);
    const [a, b] = [bar(page, 'write &quot;a&quot;'), bar(page, 'write &quot;b&quot;')];
    const [c, e] = [bar(page, 'write &quot;c&quot;'), bar(page, 'read → &quot;e&quot;')];
    expect(a.x).toBeLessThan(b.x);
    expect(b.x).toBeLessThan(a.x + a.width);
    expect(c.x).toBeGreaterThan(a.x + a.width);
    expect(c.x).toBeLessThan(b.x + b.width);
    expect(e.x).toBeGreaterThan(b.x + b.width);
    expect(new Set([a.y, b.y, e.y]).size).toBe(3);
    expect(c.y).toBe(a.y);
    const twice = pageOf([ok(1, [0, 10], write('a'), undefined), ok(1, [1, 11], write('b'), undefined)]);
    expect(bar(twice, 'write &quot;b&quot;').y).toBeGreaterThan(bar(twice, 'write &quot;a&quot;').y);
  });

  it('says of a history without violation what explains it, and of an undecided one that it is', () => {
    const good = violation.slice(0, 4);
    expect(pageOf(good)).toContain('<h1>Linearizable</h1>');
    const result = checkLinearizability(violation, registerModel(), { maxSteps: 1 });
    expect(renderTimeline(violation, result)).toContain('<h1>Not decided: the budget ran out</h1>');
    expect(pageOf([])).toContain('<svg');
  });

  it('shows the partition of a violation, and nothing else', () => {
    const history: History<KeyValueInput, KeyValueOutput> = [
      ok(1, [0, 1], { op: 'put', key: '<good>', value: 1 }, undefined),
      ok(1, [2, 3], { op: 'put', key: '<bad>', value: { deep: [1] } }, undefined),
      ok(1, [4, 5], { op: 'get', key: '<bad>' }, { found: false, value: null }),
    ];
    const page = renderTimeline(history, checkLinearizability(history, keyValueModel()));
    expect(page).toContain('Not linearizable: &lt;bad&gt;');
    expect(page).toContain('get &quot;&lt;bad&gt;&quot; → nothing');
    expect(page).not.toContain('<bad>');
    expect(page).not.toContain('good');
  });

  it('shows of a long history what is around the violation', () => {
    const history = simulateHistory<CasRegisterInput, unknown>({
      ...casRegister,
      seed: 1,
      callers: 4,
      operations: 500,
    });
    const wrong = history.map((one, i) => (i === 400 ? ok(9, [one.calledAt, one.returnedAt!], read, 'wrong') : one));
    const result = checkLinearizability(wrong, casRegisterModel());
    expect(result).toMatchObject({ verdict: 'violation', culprit: 400 });
    const page = renderTimeline(wrong, result, { title: 'My title', describe: ({ outcome }) => `it was ${outcome}` });
    expect(page.match(/it was ok<\/text>/g)).toHaveLength(40);
    expect(page).toContain('374 earlier and 86 later operations are not drawn');
    expect(page).toContain('<h1>My title</h1>');
    expect(page.length).toBeLessThan(50_000);
    expect(() => renderTimeline(wrong, result, { maxOperations: 0 })).toThrow('maxOperations');
  });
});
