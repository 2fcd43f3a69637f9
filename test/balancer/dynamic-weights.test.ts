import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedError } from 'quorate/core';
import { AgentWeights, parseAgentReport, ReportedWeights } from 'quorate/balancer';

/** Notes what a balancer is told. */
class Recorded {
  readonly weights = new Map<string, number>();
  readonly available = new Map<string, boolean>();

  constructor(nodes: Iterable<string> = []) {
    for (const node of nodes) this.weights.set(node, 1);
  }

  get nodes(): string[] {
    return [...this.weights.keys()];
  }

  add(node: string, weight = 1): void {
    this.weights.set(node, weight);
  }

  setAvailable(node: string, available: boolean): void {
    this.available.set(node, available);
  }
}

describe('parseAgentReport', () => {
  it.each([
    ['75%', { weight: 0.75 }],
    ['up ready 50% maxconn:30\n', { up: true, admitted: true, weight: 0.5, maxInFlight: 30 }],
    ['drain', { admitted: false }],
    ['MAINT,down', { admitted: false, up: false }],
    ['stopped#since noon, up 5%', { up: false }],
    ['failed\r\nup', { up: false }],
    ['up\tdown', { up: false }],
    ['', {}],
    ['hello', {}],
    ['0%', { weight: 0 }],
  ])('%j', (text, report) => {
    expect(parseAgentReport(text)).toEqual(report);
  });

  it.each(['-5%', '%', '1e9%', '5.5%', 'maxconn:', 'maxconn:-1', '9999999999%', 'x'.repeat(1025)])(
    'refuses %j',
    (text) => {
      expect(() => parseAgentReport(text)).toThrow(MalformedError);
    },
  );

  it('takes any text, or refuses it as malformed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const { weight = 0, maxInFlight = 0 } = parseAgentReport(text);
          expect(weight).toBeGreaterThanOrEqual(0);
          expect(maxInFlight).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
    );
  });
});

describe('AgentWeights', () => {
  it('takes parts of the configured weight', () => {
    const balancer = new Recorded();
    const agents = new AgentWeights(balancer);
    agents.add('a', 20);
    agents.report('a', '75%');
    expect(balancer.weights.get('a')).toBe(15);
    agents.report('a', '150%');
    expect(balancer.weights.get('a')).toBe(30);
    agents.report('a', 'up');
    expect(balancer.weights.get('a')).toBe(30);
  });

  it('keeps a node out until the agent takes back what it said', () => {
    const balancer = new Recorded();
    const agents = new AgentWeights(balancer);
    agents.add('a');
    const states = ['drain', 'up', 'down', 'ready', '10%', 'up'].map((text) => {
      agents.report('a', text);
      return balancer.available.get('a');
    });
    expect(states).toEqual([false, false, false, false, false, true]);
  });

  it('changes nothing for a report that is malformed, or of a node that is not there', () => {
    const balancer = new Recorded();
    const agents = new AgentWeights(balancer);
    agents.add('a', 2);
    agents.report('b', '50%');
    expect(() => agents.report('a', 'drain 5.5%')).toThrow(MalformedError);
    agents.remove('a');
    agents.report('a', '50%');
    expect([...balancer.weights]).toEqual([['a', 2]]);
    expect(balancer.available.size).toBe(0);
  });

  it('keeps what the agent said when the configured weight changes', () => {
    const balancer = new Recorded();
    const agents = new AgentWeights(balancer);
    agents.add('a', 2);
    agents.report('a', 'drain');
    agents.add('a', 4);
    agents.report('a', '50%');
    expect(balancer.weights.get('a')).toBe(2);
    expect(balancer.available.get('a')).toBe(false);
  });
});

describe('ReportedWeights', () => {
  const load = (requestsPerSecond: number, utilization: number, errorsPerSecond = 0) => ({
    requestsPerSecond,
    utilization,
    errorsPerSecond,
  });

  it('weighs nodes by what they could take', () => {
    const balancer = new Recorded(['a', 'b', 'c']);
    const weights = new ReportedWeights(balancer);
    for (const now of [0, 10_000]) {
      weights.report('a', load(100, 0.5), now); // 200
      weights.report('b', load(100, 0.25), now); // 400
    }
    weights.update(10_000);
    const [a, b, c] = ['a', 'b', 'c'].map((node) => balancer.weights.get(node)!) as [number, number, number];
    expect(b / a).toBeCloseTo(2, 12);
    expect(c / a).toBeCloseTo(1.5, 12); // the mean of the others
  });

  it('takes failures for utilization', () => {
    const balancer = new Recorded(['a', 'b']);
    const weights = new ReportedWeights(balancer, { blackoutMs: 0 });
    weights.report('a', load(100, 0.5, 50), 0); // half of its requests fail: 100 / (0.5 + 0.5)
    weights.report('b', load(100, 0.5), 0);
    weights.update(0);
    expect(balancer.weights.get('b')! / balancer.weights.get('a')!).toBeCloseTo(2, 12);
  });

  it('waits until a node has reported for the time of its blackout', () => {
    const balancer = new Recorded(['a', 'b']);
    const weights = new ReportedWeights(balancer);
    weights.report('a', load(100, 0.5), 0);
    weights.report('b', load(100, 0.25), 1000);
    weights.update(10_999);
    expect([...balancer.weights.values()]).toEqual([1, 1]);
    weights.update(11_000);
    expect(balancer.weights.get('b')).toBeGreaterThan(balancer.weights.get('a')!);
  });

  it('forgets reports that are too old, and begins the blackout anew', () => {
    const balancer = new Recorded(['a', 'b']);
    const weights = new ReportedWeights(balancer);
    weights.report('a', load(100, 0.5), 0);
    weights.report('b', load(100, 0.25), 0);
    weights.update(179_999);
    expect(balancer.weights.get('b')).not.toBe(1);
    weights.update(180_000);
    expect([...balancer.weights.values()]).toEqual([1, 1]);
    weights.report('a', load(100, 0.5), 180_001);
    weights.report('b', load(100, 0.25), 180_001);
    weights.update(190_000);
    expect([...balancer.weights.values()]).toEqual([1, 1]);
  });

  it('ignores what is no load', () => {
    const balancer = new Recorded(['a', 'b']);
    const weights = new ReportedWeights(balancer, { blackoutMs: 0 });
    weights.report('a', load(100, 0.5), 0);
    for (const [rate, utilization, errors] of [
      [0, 1, 0],
      [-1, 1, 0],
      [NaN, 1, 0],
      [1, 0, 0],
      [1, -1, 0],
      [1, 1, -1],
      [Infinity, 1, 0],
      [1, Infinity, 0],
      [1, 1, NaN],
    ] as const)
      weights.report('b', load(rate, utilization, errors), 0);
    weights.update(0);
    expect([...balancer.weights.values()]).toEqual([1, 1]);
  });

  it('remembers 65,536 that report at most, and forgets at an update who is no node', () => {
    const balancer = new Recorded(['a', 'b']);
    const weights = new ReportedWeights(balancer, { blackoutMs: 0 });
    const report = (): void => {
      weights.report('a', load(100, 0.5), 0);
      weights.report('b', load(100, 0.25), 0);
    };
    for (let i = 0; i < 65_535; i++) weights.report(`stranger-${i}`, load(1, 1), 0);
    report(); // there is room for one of them
    weights.update(0);
    expect([...balancer.weights.values()]).toEqual([1, 1]);
    report();
    weights.update(0);
    expect(balancer.weights.get('b')! / balancer.weights.get('a')!).toBeCloseTo(2, 12);
  });
});
