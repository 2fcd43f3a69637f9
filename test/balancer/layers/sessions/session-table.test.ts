import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuorateError } from 'quorate/core';
import { NoNodeError, RoundRobin } from 'quorate/balancer';
import {
  HealthGate,
  LayerOrderError,
  pickExcept,
  SessionTable,
  type SessionTableOptions,
} from 'quorate/balancer/layers';

type Options = Partial<SessionTableOptions<string | undefined>>;

/** A table around a round robin, whose contexts are keys, and the time, which the test sets. */
function tableOf(nodes: readonly string[], options: Options = {}) {
  const time = { now: 0 };
  const key = (context: string | undefined): string | undefined => context;
  const table = new SessionTable(new RoundRobin(), { key, now: () => time.now, ...options });
  for (const node of nodes) table.add(node);
  const pick = (...keys: (string | undefined)[]): string => keys.map((k) => table.pick(k).node).join('');
  return { table, time, pick };
}

describe('SessionTable', () => {
  it('gives a key to the node that it was given to first', () => {
    const { pick } = tableOf(['a', 'b', 'c']);
    expect(pick('x', 'y', 'x', 'z', 'y', 'x')).toBe('abacba');
  });

  it.each([undefined, '', 'k'.repeat(1025)])('has no session for the key %j', (key) => {
    const { table, pick } = tableOf(['a', 'b']);
    expect(pick(key, key, key)).toBe('aba');
    expect(table.status().sessions).toBe(0);
  });

  it('takes a key of 1024 characters', () => {
    expect(tableOf(['a', 'b']).pick('k'.repeat(1024), 'k'.repeat(1024))).toBe('aa');
  });

  it('forgets a session after idleMs without a request, and not before', () => {
    const { table, time, pick } = tableOf(['a', 'b'], { idleMs: 100 });
    pick('x');
    time.now = 99;
    expect(pick('x')).toBe('a');
    time.now = 198; // counted from the last request
    expect(pick('x')).toBe('a');
    time.now = 298;
    expect(table.nodeOf('x')).toBeUndefined();
    expect(pick('x')).toBe('b');
    expect(table.status()).toEqual({ sessions: 1, started: 2, moved: 0, expired: 1, evicted: 0 });
  });

  it('lasts half an hour by default', () => {
    const { table, time, pick } = tableOf(['a']);
    pick('x');
    time.now = 1_799_999;
    expect(table.nodeOf('x')).toBe('a');
    time.now = 1_800_000;
    expect(table.nodeOf('x')).toBeUndefined();
  });

  it('forgets the session that was not used for longest when there are too many', () => {
    const { table, pick } = tableOf(['a', 'b', 'c', 'd'], { maxSessions: 3 });
    pick('x', 'y', 'z', 'x', 'w');
    expect(['x', 'y', 'z', 'w'].map((key) => table.nodeOf(key))).toEqual(['a', undefined, 'c', 'd']);
    expect(table.status()).toMatchObject({ sessions: 3, evicted: 1 });
  });

  it('is not kept from forgetting by looking', () => {
    const { table, pick } = tableOf(['a', 'b', 'c'], { maxSessions: 2 });
    pick('x', 'y');
    table.nodeOf('x');
    pick('z');
    expect(table.nodeOf('x')).toBeUndefined();
  });

  it('never remembers more than maxSessions, of any number of keys', () => {
    const { table } = tableOf(['a', 'b'], { maxSessions: 50 });
    for (let i = 0; i < 5000; i++) {
      table.pick(`key ${i}`);
      expect(table.status().sessions).toBeLessThanOrEqual(50);
    }
    expect(table.activeSessions('a') + table.activeSessions('b')).toBe(50);
  });

  it('drops what has expired while other keys are picked', () => {
    const { table, time, pick } = tableOf(['a'], { idleMs: 100 });
    for (let i = 0; i < 10; i++) pick(`old ${i}`);
    time.now = 100;
    for (let i = 0; i < 5; i++) pick('new');
    time.now = 0; // what is left was dropped by picks, not by this look
    expect(table.status()).toMatchObject({ sessions: 1, expired: 10 });
  });

  it('moves the session of a node that is down, and leaves it there when the node is back', () => {
    const { table, pick } = tableOf(['a', 'b']);
    pick('x');
    table.setAvailable('a', false);
    expect(pick('x')).toBe('b');
    table.setAvailable('a', true);
    expect(pick('x', 'x', 'x')).toBe('bbb');
    expect(table.status()).toMatchObject({ started: 1, moved: 1 });
    expect([table.activeSessions('a'), table.activeSessions('b')]).toEqual([0, 1]);
  });

  it('moves the session of a node that a layer inside does not allow', () => {
    const gate = new HealthGate<string>(new RoundRobin());
    const table = new SessionTable(gate, { key: (key: string) => key });
    for (const node of ['a', 'b']) table.add(node);
    table.pick('x');
    gate.setHealthy('a', false);
    expect(table.pick('x').node).toBe('b');
  });

  it('refuses instead when that is wished, and keeps the session', () => {
    const { table, pick } = tableOf(['a', 'b'], { whenUnavailable: 'refuse' });
    pick('x');
    table.setAvailable('a', false);
    try {
      pick('x');
      expect.unreachable();
    } catch (error) {
      expect(isQuorateError(error, 'session-unavailable')).toBe(true);
      expect(error).toMatchObject({ node: 'a', outcome: 'failed' });
    }
    table.setAvailable('a', true);
    expect(pick('x')).toBe('a');
  });

  it('moves the session of a node that was removed even then', () => {
    const { table, pick } = tableOf(['a', 'b'], { whenUnavailable: 'refuse' });
    pick('x');
    table.remove('a');
    expect(pick('x')).toBe('b');
  });

  it('keeps a session for which there is no node at all', () => {
    const { table, pick } = tableOf(['a', 'b']);
    pick('x');
    for (const node of ['a', 'b']) table.setAvailable(node, false);
    expect(() => pick('x')).toThrow(NoNodeError);
    expect(() => pick('y')).toThrow(NoNodeError);
    for (const node of ['b', 'a']) table.setAvailable(node, true);
    expect(pick('x')).toBe('a');
    expect(table.nodeOf('y')).toBeUndefined();
  });

  it('leaves sessions on a node that drains, gives it no new ones, and tells when it has none', () => {
    const { table, time, pick } = tableOf(['a', 'b'], { idleMs: 100 });
    pick('x');
    table.add('a', 0);
    expect(pick('x', 'y', 'z', 'x')).toBe('abba');
    expect(table.activeSessions('a')).toBe(1);
    time.now = 100;
    expect(table.activeSessions('a')).toBe(0);
  });

  it('moves the session of a request that is tried again elsewhere', () => {
    const { table, pick } = tableOf(['a', 'b']);
    pick('x');
    expect(pickExcept(table, 'x', ['a']).node).toBe('b');
    expect(pick('x')).toBe('b');
  });

  it('ends a session', () => {
    const { table, pick } = tableOf(['a', 'b']);
    pick('x');
    expect([table.forget('x'), table.forget('x')]).toEqual([true, false]);
    expect(pick('x')).toBe('b');
  });

  it('gives leases of the balancer inside', () => {
    const { table } = tableOf(['a']);
    table.pick('x').done();
    table.pick('x').done({ failed: true });
    expect(table.pickNode('a')!.node).toBe('a');
  });

  it('refuses a table within a table', () => {
    const inner = new SessionTable<string>(new RoundRobin(), { key: (key) => key });
    expect(() => new SessionTable(new HealthGate(inner), { key: (key: string) => key })).toThrow(LayerOrderError);
  });

  it.each([
    [{ key: 'x' as never }, 'key is "x"; it must be a function that gives the key of a request'],
    [{ idleMs: 0 }, 'idleMs is 0; it must be a number at least 1'],
    [{ maxSessions: 0 }, 'maxSessions is 0; it must be a whole number at least 1'],
    [{ whenUnavailable: 'wait' as never }, `whenUnavailable is "wait"; it must be 'another' or 'refuse'`],
  ])('names the option that is wrong: %j', (options, message) => {
    expect(() => tableOf([], options)).toThrow(message);
  });
});

describe('a session table', () => {
  const IDLE_MS = 10;
  const MAX_SESSIONS = 3;
  const event = fc.oneof(
    { weight: 6, arbitrary: fc.record({ pick: fc.constantFrom('u', 'v', 'w', 'x', 'y', '') }) },
    { weight: 2, arbitrary: fc.record({ wait: fc.nat({ max: 6 }) }) },
    { weight: 1, arbitrary: fc.record({ node: fc.constantFrom('a', 'b', 'c'), available: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ node: fc.constantFrom('a', 'b', 'c'), draining: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ forget: fc.constantFrom('u', 'v', 'w') }) },
  );

  it('does what a list does that is sorted and filtered each time', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 100 }), (events) => {
        const { table, time } = tableOf(['a', 'b', 'c'], { idleMs: IDLE_MS, maxSessions: MAX_SESSIONS });
        let sessions: { key: string; node: string; usedAt: number }[] = [];
        const down = new Set<string>();
        const draining = new Set<string>();
        for (const what of events) {
          sessions = sessions.filter(({ usedAt }) => time.now - usedAt < IDLE_MS);
          if ('wait' in what) time.now += what.wait;
          else if ('forget' in what) {
            table.forget(what.forget);
            sessions = sessions.filter(({ key }) => key !== what.forget);
          } else if ('available' in what) {
            table.setAvailable(what.node, what.available);
            if (what.available) down.delete(what.node);
            else down.add(what.node);
          } else if ('draining' in what) {
            table.add(what.node, what.draining ? 0 : 1);
            if (what.draining) draining.add(what.node);
            else draining.delete(what.node);
          } else {
            const known = sessions.find(({ key }) => key === what.pick);
            const free = ['a', 'b', 'c'].filter((node) => !down.has(node) && !draining.has(node));
            if (free.length === 0 && (known === undefined || down.has(known.node))) {
              expect(() => table.pick(what.pick)).toThrow(NoNodeError);
              continue;
            }
            const { node } = table.pick(what.pick);
            if (known !== undefined && !down.has(known.node)) expect(node).toBe(known.node);
            else expect(free).toContain(node);
            if (what.pick === '') continue;
            sessions = sessions.filter(({ key }) => key !== what.pick);
            sessions.push({ key: what.pick, node, usedAt: time.now });
            sessions = sessions.slice(-MAX_SESSIONS);
          }
        }
        sessions = sessions.filter(({ usedAt }) => time.now - usedAt < IDLE_MS);
        for (const key of ['u', 'v', 'w', 'x', 'y'])
          expect(table.nodeOf(key)).toBe(sessions.find((session) => session.key === key)?.node);
        for (const node of ['a', 'b', 'c'])
          expect(table.activeSessions(node)).toBe(sessions.filter((session) => session.node === node).length);
        expect(table.status().sessions).toBe(sessions.length);
      }),
    );
  });
});
