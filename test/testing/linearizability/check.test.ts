import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulateHistory } from '../../../bench/histories.js';
import { casRegister, keyValue, lock, queue, type Kind } from '../../../bench/subjects.js';
import {
  casRegisterModel,
  checkLinearizability,
  keyValueModel,
  lockModel,
  queueModel,
  registerModel,
  type History,
  type KeyValueInput,
  type KeyValueOutput,
  type RegisterInput,
  type SequentialModel,
} from '../../../src/testing/index.js';
import { checkNaively, isOrder } from './naive.js';
import { failed, ok, unknown } from './operations.js';

/** A model without partitions and without knowing its reads, so that nothing is simpler than it must be. */
function whole<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
): SequentialModel<State, Input, Output> {
  const { init, step, key } = model;
  return { init, step, key };
}

/** A queue into which the same values are put again and again. */
const fewValues: typeof queue = {
  subject: queue.subject,
  input: (random) => (random() < 0.6 ? { op: 'enqueue', value: Math.floor(random() * 2) } : { op: 'dequeue' }),
};

/** A queue that is often found empty. */
const shortQueue: typeof queue = {
  subject: queue.subject,
  input: (random, _caller, number) => (random() < 0.4 ? { op: 'enqueue', value: number } : { op: 'dequeue' }),
};

/** Writes of few different values, also of such as are no text, and none of which tells where it ends. */
const fewTexts: Kind<KeyValueInput, KeyValueOutput> = {
  subject() {
    let value: unknown;
    return {
      apply(input) {
        if (input.op === 'get') return { found: value !== undefined, value: value ?? null };
        if (input.op === 'put') value = input.value;
        if (input.op === 'append') value = (typeof value === 'string' ? value : '') + input.value;
        if (input.op === 'delete') value = undefined;
        return undefined;
      },
    };
  },
  input(random) {
    const [dice, value, key] = [random(), ['', 'a', 'b', 'ab'][Math.floor(random() * 4)]!, 'k'];
    if (dice < 0.4) return { op: 'get', key };
    if (dice < 0.6) return { op: 'put', key, value: random() < 0.3 ? 7 : value };
    return dice < 0.9 ? { op: 'append', key, value } : { op: 'delete', key };
  },
};

const kinds = {
  'compare-and-set register': [casRegister, casRegisterModel()],
  'key-value map': [keyValue(1), keyValueModel()],
  'key-value map of few texts': [fewTexts, keyValueModel()],
  queue: [queue, queueModel()],
  'queue that is often empty': [shortQueue, queueModel()],
  'queue of few values': [fewValues, queueModel()],
  lock: [lock, lockModel()],
} as unknown as Record<string, [Kind<unknown, unknown>, SequentialModel<unknown, unknown, unknown>]>;

const size = fc.record({
  seed: fc.nat(),
  callers: fc.integer({ min: 1, max: 4 }),
  operations: fc.integer({ min: 1, max: 7 }),
  unknown: fc.constantFrom(0, 0.2, 0.5),
});

const longer = fc.record({
  seed: fc.nat(),
  callers: fc.integer({ min: 1, max: 8 }),
  operations: fc.integer({ min: 8, max: 60 }),
  unknown: fc.constantFrom(0, 0.02, 0.1, 0.3),
});

const swaps = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 });

/** In whole numbers, so that many moments are the same. */
function rounded(history: History<unknown, unknown>): History<unknown, unknown> {
  return history.map((one) => {
    const calledAt = Math.floor(one.calledAt);
    return one.outcome === 'unknown'
      ? { ...one, calledAt }
      : { ...one, calledAt, returnedAt: Math.ceil(one.returnedAt) };
  });
}

/** Gives one operation the output of another: often a violation, and sometimes not. */
function corrupted(history: History<unknown, unknown>, from: number, to: number): History<unknown, unknown> {
  const observations = history.flatMap((operation) =>
    operation.outcome === 'ok' && operation.output !== undefined ? [operation] : [],
  );
  if (observations.length === 0) return history;
  const { output } = observations[from % observations.length]!;
  const target = observations[to % observations.length]!;
  return history.map((operation) => (operation === target ? { ...target, output } : operation));
}

describe.each(Object.entries(kinds))('checkLinearizability of a %s', (name, [kind, model]) => {
  it('finds an order in whatever is linearizable by construction', () => {
    const times = name === 'queue of few values' ? 3 : 10; // the hardest of these: little tells which value is meant
    let undecided = 0;
    fc.assert(
      fc.property(size, ({ unknown, operations, ...drawn }) => {
        const history = simulateHistory({ ...kind, ...drawn, unknown: unknown / 5, operations: operations * times });
        const result = checkLinearizability(history, model, { maxSteps: 100_000 });
        expect(result.verdict).not.toBe('violation');
        if (result.verdict !== 'ok') return void undecided++;
        for (const order of result.orders.values()) expect(isOrder(history, model, order)).toBe(true);
        const placed = new Set([...result.orders.values()].flat());
        for (const [i, { outcome }] of history.entries()) if (outcome === 'ok') expect(placed.has(i)).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(undecided).toBeLessThan(10);
  });

  it('agrees on longer histories with a search that knows nothing of the model', () => {
    let violations = 0;
    fc.assert(
      fc.property(longer, swaps, fc.boolean(), (drawn, outputs, isRounded) => {
        const simulated = simulateHistory({ ...kind, ...drawn });
        const right = isRounded ? rounded(simulated) : simulated;
        const history = outputs.reduce<History<unknown, unknown>>((one, [from, to]) => corrupted(one, from, to), right);
        const plain = checkLinearizability(history, whole(model), { maxSteps: 20_000 });
        const result = checkLinearizability(history, model, { maxSteps: 20_000 });
        if (plain.verdict === 'unknown' || result.verdict === 'unknown') return;
        expect(result.verdict).toBe(plain.verdict);
        if (result.verdict !== 'violation' || plain.verdict !== 'violation') return;
        violations++;
        if (name === 'queue of few values') return; // to find the first culprit may take too long
        expect(history[result.culprit]!.returnedAt).toBe(history[plain.culprit]!.returnedAt);
      }),
      { numRuns: 300 },
    );
    expect(violations).toBeGreaterThan(10);
  });

  it('agrees with trying all orders, also on how far one can get', () => {
    let violations = 0;
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), fc.boolean(), (drawn, from, to, plain) => {
        const history = corrupted(simulateHistory({ ...kind, ...drawn }), from, to);
        const naive = checkNaively(history, model);
        const result = checkLinearizability(history, plain ? whole(model) : model);
        expect(result.verdict).toBe(naive.linearizable ? 'ok' : 'violation');
        if (result.verdict !== 'violation') return;
        violations++;
        const { prefix, culprit } = result;
        expect(isOrder(history, model, prefix)).toBe(true);
        const end = history[culprit]!.returnedAt ?? Infinity;
        const before = history.filter(({ outcome, returnedAt }) => outcome === 'ok' && returnedAt < end);
        expect(before.length).toBe(naive.returned);
        for (const operation of before) expect(prefix).toContain(history.indexOf(operation));
        expect(prefix).not.toContain(culprit);
      }),
      { numRuns: 2000 },
    );
    expect(violations).toBeGreaterThan(30);
  });
});

const read = { op: 'read' } as const;
const write = (value: unknown): RegisterInput => ({ op: 'write', value });

/** Writes of different values, all at the same time, and then a read of what nobody wrote. */
function hard(key: string, writes: number): History<KeyValueInput, KeyValueOutput> {
  const puts = Array.from({ length: writes }, (_, i) =>
    ok<KeyValueInput, KeyValueOutput>(i, [i / 1000, 50], { op: 'put', key, value: i }, undefined),
  );
  return [...puts, ok(writes, [60, 61], { op: 'get', key }, { found: true, value: 'never written' })];
}

describe('checkLinearizability', () => {
  it('explains a violation by the longest prefix, the operation that does not fit, and the state before it', () => {
    const history = [
      ok(1, [0, 2], write('a'), undefined),
      ok(2, [1, 5], write('b'), undefined),
      ok(3, [3, 4], read, 'b'),
      ok(3, [6, 7], read, 'a'),
      ok(1, [8, 9], read, 'b'),
    ];
    expect(checkLinearizability(history, registerModel())).toEqual({
      verdict: 'violation',
      steps: expect.any(Number),
      partition: '',
      operations: [0, 1, 2, 3, 4],
      prefix: [0, 1, 2],
      culprit: 3,
      state: '"b"',
    });
  });

  it('lets operations that touch in time come in either order', () => {
    const history = [ok(1, [0, 1], read, 'a'), ok(2, [1, 2], write('a'), undefined)];
    expect(checkLinearizability(history, registerModel()).verdict).toBe('ok');
    const apart = [ok(1, [0, 1], read, 'a'), ok(2, [1.001, 2], write('a'), undefined)];
    expect(checkLinearizability(apart, registerModel()).verdict).toBe('violation');
  });

  it('lets a write of unknown outcome happen at any time after its call, once, or never', () => {
    const open = unknown(1, 10, write('a'));
    const check = (...values: readonly unknown[]): string => {
      const reads = values.map((value, i) => ok(2, [20 + 10 * i, 25 + 10 * i], read, value));
      const result = checkLinearizability([open, ...reads], registerModel('before'));
      return result.verdict;
    };
    expect(check('before', 'before')).toBe('ok');
    expect(check('before', 'a', 'a')).toBe('ok');
    expect(check('a', 'before')).toBe('violation');
    const early = [ok(2, [1, 9], read, 'a'), open];
    expect(checkLinearizability(early, registerModel('before')).verdict).toBe('violation');
  });

  it('learns nothing from a read that timed out, and nothing from what failed', () => {
    const history = [
      ok(1, [0, 1], write('a'), undefined),
      failed(2, [2, 3], write('b')),
      unknown(3, 2, read),
      ok(1, [4, 5], read, 'a'),
    ];
    const result = checkLinearizability(history, registerModel());
    expect(result).toMatchObject({ verdict: 'ok', orders: new Map([['', [0, 3]]]) });
    const seen = [...history, ok(1, [6, 7], read, 'b')];
    expect(checkLinearizability(seen, registerModel())).toMatchObject({ verdict: 'violation', culprit: 4 });
  });

  it('accepts an empty history, and one without anything that returned', () => {
    expect(checkLinearizability([], registerModel())).toEqual({ verdict: 'ok', steps: 0, orders: new Map() });
    expect(checkLinearizability([unknown(1, 0, write(1))], registerModel()).verdict).toBe('ok');
  });

  it('tries as many equal writes of unknown outcome as there are in a row, not in every choice', () => {
    const writes = Array.from({ length: 40 }, (_, i) => unknown(i, i, write(i % 2)));
    const reads = Array.from({ length: 20 }, (_, i) => ok(1000, [1000 + i, 1000.5 + i], read, i % 2));
    const result = checkLinearizability([...writes, ...reads], registerModel());
    expect(result.verdict).toBe('ok');
    const more = [...writes, ...reads, ok(1000, [2000, 2001], read, 2)];
    expect(checkLinearizability(more, registerModel())).toMatchObject({ verdict: 'violation', culprit: 60 });
  });

  it('answers unknown when its steps run out, and always after the same number', () => {
    const history = hard('k', 30);
    const result = checkLinearizability(history, keyValueModel(), { maxSteps: 10_000 });
    expect(result).toMatchObject({ verdict: 'unknown', undecided: ['k'] });
    expect(result.steps).toBeGreaterThanOrEqual(10_000);
    expect(result.steps).toBeLessThan(10_010);
    expect(checkLinearizability(history, keyValueModel(), { maxSteps: 10_000 })).toEqual(result);
  });

  it('answers unknown when its memory runs out', () => {
    const result = checkLinearizability(hard('k', 30), keyValueModel(), { maxMemoryBytes: 1_000_000 });
    expect(result).toMatchObject({ verdict: 'unknown', undecided: ['k'] });
    expect(result.steps).toBeLessThan(100_000);
  });

  it('is not kept by a hard key from refuting another', () => {
    const easy = [
      ok<KeyValueInput, KeyValueOutput>(1, [0, 1], { op: 'put', key: 'b', value: 1 }, undefined),
      ok<KeyValueInput, KeyValueOutput>(1, [2, 3], { op: 'get', key: 'b' }, { found: false }),
    ];
    const result = checkLinearizability([...hard('a', 30), ...easy], keyValueModel());
    expect(result).toMatchObject({ verdict: 'violation', partition: 'b', culprit: 32 });
    expect(result.steps).toBeLessThan(2000);
    // Refuting this one takes more than one turn, and both get theirs.
    const middling = checkLinearizability([...hard('a', 30), ...hard('b', 8)], keyValueModel());
    expect(middling).toMatchObject({ verdict: 'violation', partition: 'b' });
    expect(middling.steps).toBeGreaterThan(3000);
    expect(middling.steps).toBeLessThan(30_000);
  });

  it.each([
    [{ maxSteps: 0 }, 'maxSteps'],
    [{ maxMemoryBytes: -1 }, 'maxMemoryBytes'],
  ])('refuses the options %j', (options, name) => {
    expect(() => checkLinearizability([], registerModel(), options)).toThrow(name);
  });

  it.each([
    [ok(1, [2, 1], read, null), 'history[0].returnedAt'],
    [ok(1, [NaN, 1], read, null), 'history[0].calledAt'],
    [ok(1, [0, Infinity], read, null), 'history[0].returnedAt'],
  ])('refuses times that make no sense', (operation, name) => {
    expect(() => checkLinearizability([operation], registerModel())).toThrow(name);
  });
});

describe.each([
  ['compare-and-set register', casRegister, casRegisterModel()],
  ['key-value map', keyValue(1), keyValueModel()],
  ['queue', queue, queueModel()],
  ['lock', lock, lockModel()],
] as unknown as [string, Kind<unknown, unknown>, SequentialModel<unknown, unknown, unknown>][])(
  'a history of 100 operations on a %s',
  (_name, kind, model) => {
    const histories = Array.from({ length: 40 }, (_, seed) =>
      simulateHistory({ ...kind, seed, callers: 10, operations: 100, unknown: 0.02 }),
    );

    it('is found linearizable in less than a hundred steps for each operation, with ten callers at a time', () => {
      const results = histories.map((history) => checkLinearizability(history, model));
      expect(new Set(results.map(({ verdict }) => verdict))).toEqual(new Set(['ok']));
      expect(results.reduce((sum, { steps }) => sum + steps, 0)).toBeLessThan(histories.length * 100 * 100);
    });

    it('is decided in well under the default budget where it is wrong', () => {
      const results = histories.map((history, i) => checkLinearizability(corrupted(history, i, 3 * i), model));
      const verdicts = results.map(({ verdict }) => verdict);
      expect(verdicts).not.toContain('unknown');
      expect(verdicts.filter((verdict) => verdict === 'violation').length).toBeGreaterThan(10);
      expect(Math.max(...results.map(({ steps }) => steps))).toBeLessThan(100_000);
    });
  },
);
