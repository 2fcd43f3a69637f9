import { describe, expect, it } from 'vitest';
import { noHistory, type Call, type Return } from '../../examples/replicated-kv/history.js';
import { killPoints } from '../../examples/replicated-kv/kill-schedule.js';
import { encodePut, KvStateMachine, type Entry, type Json } from '../../examples/replicated-kv/kv-state-machine.js';
import { Progress } from '../../examples/replicated-kv/progress.js';
import { RecordedHistory } from '../../examples/replicated-kv/recorded-history.js';
import { complaints, isGood, jsonLine } from '../../examples/replicated-kv/report.js';
import { verify, type Verdict } from '../../examples/replicated-kv/verification.js';
import { mimeRecords, Workload } from '../../examples/replicated-kv/workload.js';

function filled(count: number): KvStateMachine {
  const machine = new KvStateMachine();
  machine.apply(Array.from({ length: count }, (_, i) => ({ index: i + 1, data: encodePut(`key ${i}`, { i }) })));
  return machine;
}

describe('KvStateMachine', () => {
  it('gets back from a snapshot whose pieces are cut anywhere', async () => {
    const bytes = Buffer.concat([...filled(2500).snapshot()]);
    for (const size of [1, 3, 1000, bytes.length]) {
      const restored = filled(7);
      await restored.restore(cut(bytes, size));
      expect(restored.size).toBe(2500);
      expect(restored.get('key 2499')).toEqual({ i: 2499 });
    }
    await expect(filled(0).restore(cut(bytes.subarray(0, -1), 1000))).rejects.toThrow('in the middle');
  });

  it('does not show in a snapshot what is applied while it is taken', async () => {
    const machine = filled(1500);
    const pieces = machine.snapshot()[Symbol.iterator]();
    const first = pieces.next().value as Uint8Array;
    machine.apply([{ index: 1501, data: encodePut('key 1400', 'new') }]);
    const restored = new KvStateMachine();
    await restored.restore(cut(Buffer.concat([first, pieces.next().value as Uint8Array]), 1000));
    expect([restored.size, restored.get('key 1400')]).toEqual([1500, { i: 1400 }]);
    expect(machine.get('key 1400')).toBe('new');
  });

  it('gives its entries page by page', () => {
    const machine = filled(100);
    const entries: Entry[] = [];
    for (let from: number | null = 0; from !== null;) {
      const page = machine.page(from, 200);
      expect(page.entries.length).toBeLessThan(20);
      entries.push(...page.entries);
      from = page.next;
    }
    expect(entries.map(([key]) => key)).toEqual(Array.from({ length: 100 }, (_, i) => `key ${i}`));
    expect(machine.page(0, 1).entries).toHaveLength(1);
    expect(machine.page(100, 1)).toEqual({ entries: [], next: null });
  });

  it('says so when a command makes no sense', () => {
    const [result] = filled(0).apply([{ index: 1, data: Uint8Array.of(0xc0) }]);
    expect(result).toMatchObject({ problem: expect.any(String) });
  });
});

async function* cut(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('verify', () => {
  const workload = new Workload([['a', 1]], 3);
  const good: readonly Entry[] = [
    ['a#1', 1],
    ['a#2', 1],
    ['a#3', 1],
  ];

  /** What is found where these servers hold these entries. */
  function verdictOn(...replicas: (readonly Entry[])[]): Promise<Verdict> {
    const dump = async (id: string, from: number) => {
      const entries = replicas[Number(id)]!;
      return { entries: entries.slice(from, from + 2), next: from + 2 < entries.length ? from + 2 : null };
    };
    const ids = Object.keys(replicas);
    return verify({ workload, client: { dump }, ids, history: noHistory, firstProcess: 0, unforeseen: ['x'] });
  }

  it('finds nothing where all is well', async () => {
    expect(await verdictOn(good, good)).toEqual({ lost: [], foreign: [], unequal: [] });
  });

  it('finds what is missing, what is different, and what nobody wrote', async () => {
    expect(await verdictOn(good, good.slice(1))).toEqual({ lost: ['a#1'], foreign: [], unequal: ['a#1'] });
    expect(await verdictOn(good.slice(1), good.slice(1))).toEqual({ lost: ['a#1'], foreign: [], unequal: [] });
    const wrong: Entry[] = [...good.slice(0, 2), ['a#3', 2]];
    expect(await verdictOn(wrong, good)).toEqual({ lost: ['a#3'], foreign: [], unequal: ['a#3'] });
    const more: Entry[] = [...good, ['b', 1]];
    expect(await verdictOn(more, more)).toEqual({ lost: [], foreign: ['b'], unequal: [] });
  });

  it('wants nothing but equality of keys whose value nobody can foresee', async () => {
    const [one, other]: Entry[][] = [
      [...good, ['x', 1]],
      [...good, ['x', 2]],
    ];
    expect(await verdictOn(one!, one!)).toEqual({ lost: [], foreign: [], unequal: [] });
    expect(await verdictOn(one!, other!)).toEqual({ lost: [], foreign: [], unequal: ['x'] });
    expect(await verdictOn(one!, good)).toEqual({ lost: [], foreign: [], unequal: ['x'] });
  });

  it('leads to a report that names the keys', async () => {
    const linearizable = { linearizable: true, checked: 3, violation: null };
    const options = { nodes: 2, ops: 3, clients: 1, seed: 0, json: true, keep: false, secure: false };
    const load = { elapsedMs: 10, latenciesMs: Float64Array.of(1, 2, 3), staleReads: ['a#1', 'a#2'] };
    const result = {
      load,
      failoverMs: [1.234],
      verdict: await verdictOn(good, good.slice(1)),
      consistency: linearizable,
    };
    expect(isGood(result)).toBe(false);
    expect(complaints(result)).toEqual([
      '1 key acknowledged and lost: "a#1"',
      '2 keys acknowledged and not found by a read through the leader: "a#1", "a#2"',
      '1 key not the same on all servers: "a#1"',
    ]);
    expect(JSON.parse(jsonLine(options, result))).toEqual({
      engine: 'raft',
      nodes: 2,
      operations: 3,
      opsPerSecond: 300,
      p50Ms: 2,
      p99Ms: 3,
      failoverMs: [1.23],
      lost: 2,
      replicasEqual: false,
      linearizable: true,
    });
  });
});

describe('RecordedHistory', () => {
  /** A history in which one caller does this. */
  function recorded(expectedCalls: number, ...calls: readonly (readonly [Call, Return | null])[]): RecordedHistory {
    const history = new RecordedHistory(noHistory, expectedCalls);
    for (const [call, result] of calls) {
      const id = history.call(call);
      if (result !== null) history.returned(id, result);
    }
    return history;
  }

  const put = (key: string, value: Json): Call => ({ op: 'put', process: 1, key, value });
  const get = (key: string): Call => ({ op: 'get', process: 2, key });
  const done: Return = { outcome: 'ok' };
  const found = (value: Json): Return => ({ outcome: 'ok', found: true, value });
  const nothing: Return = { outcome: 'ok', found: false, value: null };

  it('finds nothing wrong where each read shows the last write', () => {
    const lost: Return = { outcome: 'unknown', error: 'connection lost' };
    const refused: Return = { outcome: 'failed', error: 'overloaded' };
    const history = recorded(
      10,
      [get('a'), nothing],
      [put('a', { b: [1] }), done],
      [put('a', 2), lost],
      [put('a', 3), refused],
      [get('a'), found({ b: [1] })],
      [get('a'), found(2)],
      [get('a'), null],
    );
    expect(history.check()).toEqual({ linearizable: true, checked: 7, violation: null });
  });

  it('names the key of a violation and draws it, and a result that has one is not good', () => {
    const { linearizable, violation } = recorded(10, [put('a', 'new'), done], [get('a'), nothing]).check();
    expect([linearizable, violation?.key]).toEqual([false, 'a']);
    expect(violation?.page).toContain('put &quot;new&quot;');
    expect(violation?.page).toMatch(/id="culprit".*get → nothing/);
    const load = { elapsedMs: 10, latenciesMs: Float64Array.of(1), staleReads: [] };
    const verdict = { lost: [], foreign: [], unequal: [] };
    const result = {
      load,
      failoverMs: [],
      verdict,
      consistency: { linearizable: false, checked: 2, violation: violation! },
    };
    expect(isGood(result)).toBe(false);
    expect(complaints(result)).toEqual(['1 key with a history that is not linearizable: "a"']);
    const open = { ...result, consistency: { linearizable: null, checked: 2, violation: null } };
    expect(isGood(open)).toBe(true);
    expect(complaints(open)).toEqual([expect.stringContaining('could not be told')]);
  });

  it.each([10, 10_000_000])(
    'notes each return for its own call, of about %d, in whatever order they come',
    (expected) => {
      const history = new RecordedHistory(noHistory, expected);
      const keys = Array.from({ length: 100 }, (_, i) => `k#${i}`);
      const puts = keys.map((key, i) => history.call(put(key, i)));
      for (const id of puts.reverse()) history.returned(id, done);
      const gets = keys.map((key) => history.call(get(key)));
      for (let i = gets.length - 1; i >= 0; i--) history.returned(gets[i]!, found(i));
      expect(history.check().linearizable).toBe(true);
    },
  );

  it('keeps of a very long run some keys, each as a whole', () => {
    const calls = Array.from({ length: 1000 }, (_, i) => [put(`k#${i}`, i), done] as const);
    const reads = Array.from({ length: 1000 }, (_, i) => [get(`k#${i}`), found(i)] as const);
    const history = recorded(10_000_000, ...calls, ...reads, [put('contended/1', 1), done]);
    const { linearizable, checked } = history.check();
    expect(linearizable).toBe(true);
    expect(checked % 2).toBe(1);
    expect(checked).toBeGreaterThan(100);
    expect(checked).toBeLessThan(400);
  });
});

describe('the plan of a run', () => {
  it('kills at the same points for the same seed, far enough apart', () => {
    expect(killPoints(7, 1000)).toEqual(killPoints(7, 1000));
    for (let seed = 0; seed < 100; seed++) {
      const [first, second] = killPoints(seed, 1000);
      expect(first).toSatisfy((point: number) => point >= 250 && point < 400);
      expect(second).toSatisfy((point: number) => point >= 600 && point < 750);
    }
  });

  it('writes the records again and again under new keys', () => {
    const { records } = mimeRecords();
    expect(records.length).toBeGreaterThan(2000);
    const workload = new Workload(records, 3 * records.length);
    const keys = new Set(Array.from({ length: workload.size }, (_, i) => workload.at(i)[0]));
    expect(keys.size).toBe(workload.size);
    expect(workload.at(records.length)).toEqual([`${records[0]![0]}#2`, records[0]![1]]);
  });

  it('holds writes back at a limit until it is lifted', async () => {
    const progress = new Progress(10);
    progress.limit(3);
    await progress.admitted(() => 2);
    let admitted = false;
    const waiting = progress.admitted(() => 3).then(() => (admitted = true));
    await progress.admitted(() => 0);
    expect(admitted).toBe(false);
    progress.limit(Infinity);
    await waiting;
  });
});
