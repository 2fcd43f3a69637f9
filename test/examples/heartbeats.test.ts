import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectors } from '../../examples/heartbeats/detectors.js';
import { createDisplay } from '../../examples/heartbeats/display.js';
import { isGood, type ExampleEvent, type Summary } from '../../examples/heartbeats/events.js';
import { parseOptions } from '../../examples/heartbeats/options.js';
import { Watcher } from '../../examples/heartbeats/watcher.js';
import { Heartbeats, type HeartbeatPeer } from '../../src/detector/heartbeats.js';
import { isRestartOf, parseGpid } from '../../src/id/index.js';
import { VirtualClock } from '../../src/testing/index.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import { bundleExample } from '../process/bundle.js';
import { startDemo, type Running } from '../process/demo-process.js';

const TIMEOUT_MS = 60_000;

let work: string;
let started = 0;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'quorate-heartbeats-'));
  await bundleExample(work, 'heartbeats', 'member');
});

afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

function start(...args: readonly string[]): Running {
  const temporary = join(work, `run-${++started}`);
  mkdirSync(temporary);
  return startDemo(work, temporary, args);
}

/** Resolves with what has been printed from now on, when this is in it. */
async function printed({ child, ended }: Running, text: string): Promise<string> {
  let stdout = '';
  return await new Promise((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes(text)) resolve(stdout);
    });
    void ended.then(({ stderr }) => reject(new Error(`"${text}" was never printed, but: ${stdout}${stderr}`)));
  });
}

function parse(lines: string): ExampleEvent[] {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExampleEvent);
}

const only = <E extends ExampleEvent['event']>(events: readonly ExampleEvent[], event: E) =>
  events.filter((one): one is ExampleEvent & { event: E } => one.event === event);

describe('the example of heartbeats', () => {
  // `ended` resolves when all processes that hold its standard error have ended: that is, all its children.
  it('notices all that happens, and leaves nothing behind', { timeout: TIMEOUT_MS }, async () => {
    const { ended, temporary } = start('--fast', '--interval', '100', '--json');
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = parse(stdout);
    const runs = new Map(only(events, 'started').map(({ process, run }) => [process, run]));
    expect([...runs.keys()].sort()).toEqual(['p1', 'p2', 'p3', 'p4', 'p5']);

    const outcomes = new Map(only(events, 'outcome').map((outcome) => [outcome.action, outcome]));
    const expected = [
      ['SIGSTOP', 'p2', 'suspected', 'silence'],
      ['SIGCONT', 'p2', 'trusted', null],
      ['SIGKILL', 'p3', 'suspected', 'disconnected'],
      ['restart', 'p3', 'restarted', null],
      ['block', 'p4', 'suspected', 'silence'],
      ['unblock', 'p4', 'trusted', null],
      ['leave', 'p5', 'stopped', null],
    ] as const;
    for (const [action, process, seen, reason] of expected) {
      const detectionMs: unknown = expect.toSatisfy((ms: unknown) => typeof ms === 'number' && ms >= 0);
      expect(outcomes.get(action)).toMatchObject({ process, seen, reason, detectionMs });
    }
    const [before, after] = [runs.get('p3')!, outcomes.get('restart')!.run].map(parseGpid);
    expect(isRestartOf(after!, before!)).toBe(true);
    expect(outcomes.get('SIGCONT')!.run).toBe(runs.get('p2'));

    expect(events.at(-1)).toMatchObject({
      event: 'summary',
      detector: 'fixed',
      intervalMs: 100,
      timeoutMs: 2000,
      processes: 5,
      noticed: 7,
      missed: 0,
      wrongSuspicions: 0,
      deaths: 0,
    } satisfies Partial<Summary>);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it(
    'says who died, and ends at once by a signal, with those that are stopped or busy',
    { timeout: TIMEOUT_MS },
    async () => {
      const running = start('--fast', '--json');
      const lines = await printed(running, '"action":"SIGKILL"');
      const [, pid] = /"started","process":"p1","pid":(\d+)/.exec(lines)!;
      process.kill(Number(pid), 'SIGKILL');
      await printed(running, `{"event":"died","process":"p1","pid":${pid},"how":"SIGKILL"}\n`);
      running.child.kill('SIGINT');
      const { code, stderr } = await running.ended;
      expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
      expect(readdirSync(running.temporary)).toEqual([]);
    },
  );

  it('takes its processes along when it is killed', { timeout: TIMEOUT_MS }, async () => {
    const running = start('--json');
    await printed(running, '"event":"started"');
    running.child.kill('SIGKILL');
    expect((await running.ended).code).toBe('SIGKILL');
  });

  it('says what is wrong with its options', { timeout: TIMEOUT_MS }, async () => {
    const { code, stdout, stderr } = await start('--detector', 'sure').ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^[^\n]*sure[^\n]*fixed, chen[^\n]*\n$/);
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [['--interval', '0'], /--interval.*whole number from 10 to 10000/],
      [['--interval', '1000', '--timeout', '1999'], /--timeout 1999 must be from 2 to 500 times --interval 1000/],
      [['--speed', '3'], /unknown option '--speed'/],
      [['p1'], /too many arguments/],
    ];
    for (const [args, message] of wrong) expect(() => parseOptions(args), args.join(' ')).toThrow(message);
    expect(parseOptions(['--interval', '1000'])).toMatchObject({ timeoutMs: 10_000, detector: 'fixed' });
  });
});

describe('the detectors of the example', () => {
  it('suspect after about the same silence', () => {
    for (const [name, make] of Object.entries(detectors)) {
      const detector = make(100, 2000);
      for (let at = 0; at <= 20_000; at += 100) detector.heartbeat(at);
      const silence = detector.deadline() - 20_000;
      if (name === 'bertier') expect(silence).toBeLessThan(200);
      else expect([name, Math.round(silence / 20)]).toEqual([name, 100]);
    }
  });
});

describe('the watcher of the example', () => {
  /** Watches one process that beats every second, for so long that it is trusted. */
  async function watched() {
    const clock = new VirtualClock();
    const network = new MemoryNetwork();
    const gpid = { ip: '127.0.0.1', port: 0, startTimeUs: 0, pid: 1 };
    const events: ExampleEvent[] = [];
    const options = { detector: 'fixed', intervalMs: 1000, timeoutMs: 10_000 };
    const tell = (event: ExampleEvent): void => void events.push(event);
    const watcher = new Watcher({ transport: network.transport('monitor'), gpid, options, tell, clock });
    const member = new Heartbeats({ transport: network.transport('p1'), gpid, clock });
    watcher.watch('p1');
    member.beatTo('monitor');
    await clock.run(5500); // the fifth has come, half a second ago
    return { clock, network, events, watcher, member };
  }

  it('calls a suspicion wrong when who is suspected beats again', async () => {
    const { clock, events, watcher, member } = await watched();
    member.stopBeatingTo('monitor');
    await clock.run(12_000); // it is suspected from 15.0 s on
    expect([watcher.peer('p1')?.condition, events]).toEqual(['suspected', []]);
    member.beatTo('monitor');
    await clock.run(500);
    const ms: unknown = expect.closeTo(3000, -2);
    expect(events).toEqual([{ event: 'wrong-suspicion', process: 'p1', reason: 'silence', ms }]);
    expect(watcher.wrongSuspicions).toBe(1);
  });

  it('calls it wrong when who is suspected should not be in the end', async () => {
    const { network, events, watcher } = await watched();
    network.disconnect('monitor', 'p1');
    await new VirtualClock().run(0);
    expect(watcher.wrongSuspicions).toBe(0);
    await watcher.close();
    expect(events).toMatchObject([{ event: 'wrong-suspicion', process: 'p1', reason: 'disconnected' }]);
  });

  it('calls it right when it was to be expected, and when the process has died, though that is told later', async () => {
    for (const died of [false, true]) {
      const { clock, network, events, watcher } = await watched();
      watcher.excuse('p1', !died);
      network.disconnect('monitor', 'p1');
      await clock.run(100);
      if (died) watcher.died('p1');
      await watcher.close();
      expect([watcher.peer('p1')?.condition, events, watcher.wrongSuspicions]).toEqual(['suspected', [], 0]);
    }
  });

  it('is content only when all was noticed, nobody suspected wrongly, and nobody died', () => {
    const good = { missed: 0, wrongSuspicions: 0, deaths: 0 } as Summary;
    expect(isGood(good)).toBe(true);
    for (const bad of ['missed', 'wrongSuspicions', 'deaths']) expect(isGood({ ...good, [bad]: 1 })).toBe(false);
  });
});

describe('the table of the example', () => {
  it('is drawn over the one before, below what was said, and leaves the terminal as it was', () => {
    let written = '';
    const stream = { isTTY: true, columns: 120, hasColors: () => false, write: (text: string) => (written += text) };
    const peer: HeartbeatPeer = {
      ...{ id: 'p1', condition: 'trusted', reason: null, run: '10.0.0.1:7000:1700000000000000:42', suspicion: 0.25 },
      ...{ threshold: 0.5, load: 0.07, metadata: null, intervalMs: 100, heartbeats: 9, lost: 3, lastSequence: 12 },
      ...{ lastSentAt: 0, silentMs: 1234 },
    } as const;
    const rows = () => [{ id: 'p1', peer, restarts: 1 }];
    const display = createDisplay(false, rows, stream as unknown as NodeJS.WriteStream);
    display.say('hello');
    display.say('again');
    display.stop();
    expect(written.startsWith('\u001b[?25l')).toBe(true);
    expect(written.endsWith('\u001b[?7h\u001b[?25h')).toBe(true);
    const frames = written.split('\u001b[3A\r'); // an empty line, the head and a row
    expect(frames.map((frame) => /hello|again|$/.exec(frame)![0])).toEqual(['hello', 'again', '']);
    const row = /p1 +42 +7000@[\d:]+ +trusted, restarted once +(█+)(░+) 50 % +1\.2 s +3 +7 %/;
    for (const frame of frames) {
      const [, filled, empty] = row.exec(frame) ?? [];
      expect(filled).toHaveLength(empty!.length);
    }
  });
});
