import { describe, expect, it } from 'vitest';
import {
  canonicalText,
  casRegisterModel,
  checkLinearizability,
  keyValueModel,
  lockModel,
  queueModel,
  registerModel,
  type CasRegisterInput,
  type History,
  type HistoryOperation,
  type KeyValueInput,
  type KeyValueOutput,
  type LockInput,
  type LockOutput,
  type QueueInput,
  type QueueOutput,
  type RegisterInput,
  type SequentialModel,
} from '../../../src/testing/index.js';
import { ok, unknown } from './operations.js';

/** A history in which one operation follows the other. */
function inTurn<Input, Output>(...steps: readonly (readonly [Input, Output])[]): HistoryOperation<Input, Output>[] {
  return steps.map(([input, output], i) => ok(1, [10 * i, 10 * i + 5], input, output));
}

function verdict<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  history: History<Input, Output>,
): string {
  const result = checkLinearizability(history, model);
  return result.verdict === 'violation' ? `violation by ${result.culprit}` : result.verdict;
}

const read = { op: 'read' } as const;

describe('registerModel', () => {
  const write = (value: unknown) => ({ op: 'write', value }) as const;

  it('returns what was written last, compared by content', () => {
    const model = registerModel({ a: 0 });
    expect(
      verdict(
        model,
        inTurn<RegisterInput, unknown>([read, { a: 0 }], [write({ a: 1, b: [] }), undefined], [read, { b: [], a: 1 }]),
      ),
    ).toBe('ok');
    expect(
      verdict(model, inTurn<RegisterInput, unknown>([write(1), undefined], [write(2), undefined], [read, 1])),
    ).toBe('violation by 2');
    expect(
      verdict(registerModel(), inTurn<RegisterInput, unknown>([read, null], [write(null), undefined], [read, 'null'])),
    ).toBe('violation by 2');
  });

  it('does not let time run backwards: the new value, and then the old one', () => {
    const history = [ok(1, [0, 100], write(1), undefined), ok(2, [10, 20], read, 1), ok(3, [30, 40], read, null)];
    expect(verdict(registerModel(), history)).toBe('violation by 2');
  });
});

describe('casRegisterModel', () => {
  const cas = (from: unknown, to: unknown) => ({ op: 'cas', from, to }) as const;

  it('takes a compare-and-set that found another value as an observation', () => {
    const model = casRegisterModel(0);
    expect(verdict(model, inTurn<CasRegisterInput, unknown>([cas(0, 1), true], [cas(0, 2), false], [read, 1]))).toBe(
      'ok',
    );
    expect(verdict(model, inTurn<CasRegisterInput, unknown>([cas(0, 1), false]))).toBe('violation by 0');
    expect(verdict(model, inTurn<CasRegisterInput, unknown>([cas(0, 1), true], [cas(0, 2), true]))).toBe(
      'violation by 1',
    );
  });

  it('lets only one of two succeed', () => {
    const both = [ok(1, [0, 10], cas(0, 1), true), ok(2, [1, 11], cas(0, 2), true)];
    expect(verdict(casRegisterModel(0), both)).toBe('violation by 1');
  });

  it('allows for one whose outcome is unknown', () => {
    const history = [unknown(1, 0, cas(0, 1)), ok(2, [5, 6], cas(1, 2), true), ok(2, [7, 8], read, 2)];
    expect(verdict(casRegisterModel(0), history)).toBe('ok');
    expect(verdict(casRegisterModel(0), [...history, ok(2, [9, 10], cas(0, 1), false)])).toBe('ok');
    expect(verdict(casRegisterModel(0), history.slice(1))).toBe('violation by 0');
  });
});

describe('keyValueModel', () => {
  const get = (key: string) => ({ op: 'get', key }) as const;
  const put = (key: string, value: unknown) => ({ op: 'put', key, value }) as const;
  const append = (key: string, value: string) => ({ op: 'append', key, value }) as const;

  it('keeps keys apart, and says what is absent', () => {
    const history = inTurn<KeyValueInput, KeyValueOutput>(
      [get('a'), { found: false, value: null }],
      [put('a', null), undefined],
      [get('a'), { found: true, value: null }],
      [get('b'), { found: false }],
      [append('b', 'x'), undefined],
      [append('b', 'y'), undefined],
      [get('b'), { found: true, value: 'xy' }],
      [{ op: 'delete', key: 'a' }, undefined],
      [get('a'), { found: false }],
    );
    expect(verdict(keyValueModel(), history)).toBe('ok');
    const wrong = [...history, ok(1, [200, 201], get('b'), { found: true, value: 'yx' })];
    expect(verdict(keyValueModel(), wrong)).toBe('violation by 9');
    const undone = [...history, ok(1, [200, 201], get('a'), { found: true, value: null })];
    expect(verdict(keyValueModel(), undone)).toBe('violation by 9');
  });

  it('finds two readers that saw appends in different orders', () => {
    const history = [
      ok(1, [0, 100], append('k', 'x'), undefined),
      ok(2, [0, 100], append('k', 'y'), undefined),
      ok(3, [10, 20], get('k'), { found: true, value: 'x' }),
      ok(4, [30, 40], get('k'), { found: true, value: 'yx' }),
    ];
    expect(verdict(keyValueModel(), history)).toBe('violation by 3');
  });
});

describe('queueModel', () => {
  const enqueue = (value: unknown) => ({ op: 'enqueue', value }) as const;
  const dequeue = { op: 'dequeue' } as const;

  it('gives out in the order of putting in', () => {
    const begin = [ok(1, [0, 1], enqueue('a'), undefined), ok(1, [2, 3], enqueue('b'), undefined)];
    expect(verdict(queueModel(), [...begin, ok(1, [4, 5], dequeue, { value: 'a' })])).toBe('ok');
    expect(verdict(queueModel(), [...begin, ok(1, [4, 5], dequeue, { value: 'b' })])).toBe('violation by 2');
    expect(verdict(queueModel(), [...begin, ok(1, [4, 5], dequeue, null)])).toBe('violation by 2');
  });

  it('gives each value to one taker', () => {
    const begin = [ok(1, [0, 1], enqueue('a'), undefined), ok(1, [2, 9], dequeue, { value: 'a' })];
    expect(verdict(queueModel(), [...begin, ok(2, [3, 8], dequeue, { value: 'a' })])).toBe('violation by 1');
    expect(verdict(queueModel(), [...begin, ok(2, [3, 8], dequeue, null)])).toBe('ok');
  });

  it('allows for a dequeue whose outcome is unknown, which may have taken the head', () => {
    const begin = [ok(1, [0, 1], enqueue('a'), undefined), ok(1, [2, 3], enqueue('b'), undefined)];
    const taken = [...begin, unknown(2, 4, dequeue), ok(1, [6, 7], dequeue, { value: 'b' })];
    expect(verdict(queueModel(), taken)).toBe('ok');
    expect(verdict(queueModel(), [...taken, ok(1, [8, 9], dequeue, { value: 'a' })])).toBe('violation by 4');
  });
});

describe('a violation of a model with hindsight', () => {
  it('shows the state itself, also where nothing was seen of it', () => {
    const history = inTurn<KeyValueInput, KeyValueOutput>(
      [{ op: 'put', key: 'k', value: 'unread' }, undefined],
      [
        { op: 'get', key: 'k' },
        { found: true, value: 'other' },
      ],
    );
    expect(checkLinearizability(history, keyValueModel())).toMatchObject({ prefix: [0], state: '"unread"' });
    const queued = inTurn<QueueInput, QueueOutput>(
      [{ op: 'enqueue', value: 'unseen' }, undefined],
      [{ op: 'dequeue' }, { value: 'other' }],
    );
    expect(checkLinearizability(queued, queueModel())).toMatchObject({ prefix: [0], state: '["unseen"]' });
  });
});

describe('lockModel', () => {
  const acquire = (owner: string) => ({ op: 'acquire', owner }) as const;
  const release = (owner: string) => ({ op: 'release', owner }) as const;

  it('has one holder at a time, and tokens that grow', () => {
    const begin = inTurn<LockInput, LockOutput>(
      [acquire('a'), 3],
      [acquire('b'), null],
      [release('b'), false],
      [release('a'), true],
      [acquire('b'), 7],
    );
    expect(verdict(lockModel(), begin)).toBe('ok');
    expect(verdict(lockModel(), [...begin, ok(1, [100, 101], acquire('a'), 8)])).toBe('violation by 5');
    const again = [...begin, ok(1, [100, 101], release('b'), true)];
    expect(verdict(lockModel(), [...again, ok(1, [102, 103], acquire('a'), 7)])).toBe('violation by 6');
    expect(verdict(lockModel(), [...again, ok(1, [102, 103], acquire('a'), null)])).toBe('violation by 6');
  });

  it('allows for an acquisition whose outcome is unknown, whose token is then at least one more', () => {
    const begin = [ok(1, [0, 1], acquire('a'), 1), ok(1, [2, 3], release('a'), true), unknown(2, 4, acquire('b'))];
    const held = [...begin, ok(1, [5, 6], acquire('a'), null), ok(2, [7, 8], release('b'), true)];
    expect(verdict(lockModel(), held)).toBe('ok');
    expect(verdict(lockModel(), [...held, ok(1, [9, 10], acquire('a'), 3)])).toBe('ok');
    expect(verdict(lockModel(), [...held, ok(1, [9, 10], acquire('a'), 2)])).toBe('violation by 5');
  });

  it('lets a lease run out that is recorded as a release of unknown outcome', () => {
    const leased = [ok(1, [0, 1], acquire('a'), 1), unknown(1, 1, release('a')), ok(2, [5, 6], acquire('b'), 2)];
    expect(verdict(lockModel(), leased)).toBe('ok');
    expect(verdict(lockModel(), [...leased, ok(1, [7, 8], release('a'), true)])).toBe('violation by 3');
  });
});

describe('a model of the user', () => {
  it('needs three functions', () => {
    const counter: SequentialModel<number, 'add', number> = {
      init: () => 0,
      step: (state, _input, output) => (output === undefined || output === state + 1 ? state + 1 : null),
      key: (state) => state,
    };
    expect(verdict(counter, inTurn(['add', 1], ['add', 2]))).toBe('ok');
    expect(verdict(counter, [ok(1, [0, 9], 'add', 1), ok(2, [1, 8], 'add', 1)])).toBe('violation by 0');
    expect(verdict(counter, [unknown(1, 0, 'add'), unknown(2, 0, 'add'), ok(3, [1, 2], 'add', 3)])).toBe('ok');
  });
});

describe('canonicalText', () => {
  it('is equal for equal data only', () => {
    const values = [
      null,
      undefined,
      true,
      'true',
      0,
      '0',
      0n,
      NaN,
      [],
      [[]],
      [0],
      {},
      { a: 0 },
      { a: '0' },
      { b: 0 },
      Uint8Array.of(1, 16),
    ];
    expect(new Set(values.map(canonicalText)).size).toBe(values.length);
    expect(canonicalText({ b: 1, a: [-0], c: undefined })).toBe(canonicalText({ a: [0], b: 1 }));
  });

  it.each([[new Map()], [() => 0], [Symbol('s')], [new Date(0)]])('refuses what is no plain data', (value) => {
    expect(() => canonicalText(value)).toThrow('no plain data');
  });
});
