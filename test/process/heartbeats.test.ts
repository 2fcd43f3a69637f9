import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, type TestContext } from 'vitest';
import type { Channel } from '../../src/core/index.js';
import { Heartbeats, type HeartbeatsEvents } from '../../src/detector/heartbeats.js';
import { localGpid } from '../../src/id/node.js';
import { openTcpTransport } from '../../src/transport/tcp.js';
import { bundledForTests } from './bundle.js';
import { freePorts } from './free-ports.js';
import type { HeartbeatsProcessOptions } from './heartbeats-process.js';

const program = bundledForTests(['test/process/heartbeats-process.ts']);
/** With the default detector a process is suspected after two and a half seconds of silence. */
const INTERVAL_MS = 500;
/** How long anything here may take: far more than it does. */
const BOUND_MS = 30_000;

/** Something that was said, by the monitor here or by a process. */
interface Said {
  readonly event: string;
  readonly value: { readonly peer?: string; readonly run?: string; readonly reason?: string };
}

/** What was said so far, and waiting for more of it. */
class Notes {
  readonly all: Said[] = [];
  readonly #watchers = new Set<() => void>();

  add(said: Said): void {
    this.all.push(said);
    this.look();
  }

  /** Something may have changed. */
  look(): void {
    for (const look of this.#watchers) look();
  }

  /** Resolves once something holds, which is looked at whenever something is said. */
  until(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const bound = AbortSignal.timeout(BOUND_MS);
      const end = (settle: () => void): void => {
        this.#watchers.delete(look);
        bound.removeEventListener('abort', late);
        settle();
      };
      const look = (): void => (holds() ? end(resolve) : undefined);
      const late = (): void => end(() => reject(new Error(`${what}: not within ${BOUND_MS} ms; ${this.toString()}`)));
      this.#watchers.add(look);
      bound.addEventListener('abort', late);
      look();
    });
  }

  /** Resolves with the first of these events that came after `from` others. */
  async event(event: string, from = 0): Promise<Said['value']> {
    const find = (): Said | undefined => this.all.slice(from).find((said) => said.event === event);
    await this.until(event, () => find() !== undefined);
    return find()!.value;
  }

  /** The names of all events but pauses: whoever shares a machine may stand still for a moment. */
  get names(): string[] {
    return this.all.map(({ event }) => event).filter((event) => event !== 'paused');
  }

  toString(): string {
    return JSON.stringify(this.all);
  }
}

interface Monitor {
  readonly heartbeats: Heartbeats;
  readonly notes: Notes;
  readonly address: string;
}

/** The monitor, in this process. */
async function startMonitor({ onTestFinished }: TestContext): Promise<Monitor> {
  const listen = { host: '127.0.0.1', port: 0 };
  const transport = await openTcpTransport({ id: 'monitor', cluster: 'test', listen });
  const notes = new Notes();
  const watched = {
    channel: (name: string): Channel => lookingOn(transport.channel(name), () => notes.look()),
  };
  const gpid = localGpid({ ip: '127.0.0.1' });
  const pauseToleranceMs = BOUND_MS; // tests share the machine, and may stand still for a moment
  const heartbeats = new Heartbeats({ transport: watched, gpid, intervalMs: INTERVAL_MS, pauseToleranceMs });
  const events: (keyof HeartbeatsEvents)[] = ['trusted', 'suspected', 'restarted', 'stopped', 'paused', 'error'];
  for (const event of events)
    heartbeats.on(event, (value: unknown) => notes.add({ event, value: value as Said['value'] }));
  heartbeats.watch('child');
  heartbeats.beatTo('child');
  onTestFinished(async () => {
    await heartbeats.close();
    await transport.close();
  });
  return { heartbeats, notes, address: transport.address! };
}

/** A channel that calls `look` whenever a message has come. */
function lookingOn(channel: Channel, look: () => void): Channel {
  return {
    name: channel.name,
    supports: channel.supports,
    send: (to, message) => channel.send(to, message),
    listen: (listener) =>
      channel.listen({
        message(from, message) {
          listener.message(from, message);
          look();
        },
        peer: (id, up) => listener.peer?.(id, up),
      }),
  };
}

/** The process that is watched. Killed when the test ends. */
class Child {
  readonly notes = new Notes();
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;

  constructor({ onTestFinished }: TestContext, port: number, address: string) {
    const options: HeartbeatsProcessOptions = { id: 'child', port, intervalMs: INTERVAL_MS, peer: 'monitor', address };
    const args = [program('heartbeats-process'), JSON.stringify(options)];
    this.process = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = new Promise((resolve) => this.process.once('close', (code, signal) => resolve(code ?? signal)));
    createInterface({ input: this.process.stdout! }).on('line', (line) => this.notes.add(JSON.parse(line) as Said));
    onTestFinished(() => this.kill());
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  say(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}

/** Resolves when so many more heartbeats have come. */
function moreBeats({ heartbeats, notes }: Monitor, more: number): Promise<void> {
  const beats = (): number => heartbeats.peer('child')!.heartbeats;
  const enough = beats() + more;
  return notes.until(`${more} heartbeats`, () => beats() >= enough);
}

/** Uses up as much of the processors as it is given, a little behind the tests themselves. */
function burn({ onTestFinished }: TestContext): void {
  const burner = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  setPriority(burner.pid!, constants.priority.PRIORITY_BELOW_NORMAL);
  onTestFinished(() => void burner.kill('SIGKILL'));
}

describe.concurrent('heartbeats of a real process', { timeout: 90_000 }, () => {
  it('stop with SIGSTOP and SIGKILL, return with SIGCONT, and tell a restart on the same port from a return', async (context) => {
    const monitor = await startMonitor(context);
    const { notes } = monitor;
    const [port] = (await freePorts(1)) as [number];
    const child = new Child(context, port, monitor.address);
    const { run } = await notes.event('trusted');

    child.signal('SIGSTOP');
    expect(await notes.event('suspected')).toMatchObject({ run, reason: 'silence' });
    child.signal('SIGCONT');
    await notes.until('trusted again', () => notes.names.length === 3);
    expect(notes.all.filter(({ event }) => event === 'trusted').map(({ value }) => value.run)).toEqual([run, run]);
    // It stood still for longer than its own detector allows, and knows that this is no sign of the monitor's death.
    await child.notes.event('paused');
    await moreBeats(monitor, 8);
    expect(child.notes.names).toEqual(['trusted']);

    const before = notes.all.length;
    await child.kill();
    expect(await notes.event('suspected', before)).toMatchObject({ run, reason: 'disconnected' });
    new Child(context, port, monitor.address);
    const restarted = await notes.event('restarted', before);
    expect(restarted).toMatchObject({ previous: run, run: expect.stringMatching(`^127.0.0.1:${port}:`) });
    expect(restarted.run).not.toBe(run);
    expect(notes.names).toEqual(['trusted', 'suspected', 'trusted', 'suspected', 'restarted']);
  });

  it('stop while its event loop is blocked, and not while it lacks processors', async (context) => {
    const monitor = await startMonitor(context);
    const { notes } = monitor;
    const [port] = (await freePorts(1)) as [number];
    const child = new Child(context, port, monitor.address);
    await notes.event('trusted');

    const directory = mkdtempSync(join(tmpdir(), 'quorate-heartbeats-'));
    context.onTestFinished(() => rmSync(directory, { recursive: true }));
    const go = join(directory, 'go');
    child.say(`block ${go}`);
    expect(await notes.event('suspected')).toMatchObject({ reason: 'silence' });
    writeFileSync(go, '');
    await notes.until('trusted again', () => notes.names.length === 3);

    setPriority(child.process.pid!, constants.priority.PRIORITY_LOW);
    for (let burners = 0; burners < 4; burners++) burn(context);
    await moreBeats(monitor, 12);
    expect(notes.names).toEqual(['trusted', 'suspected', 'trusted']);
    expect(monitor.heartbeats.peer('child')).toMatchObject({ condition: 'trusted' });
  });

  it('end in good order with SIGTERM, which nobody suspects', async (context) => {
    const monitor = await startMonitor(context);
    const { notes } = monitor;
    const [port] = (await freePorts(1)) as [number];
    const child = new Child(context, port, monitor.address);
    const { run } = await notes.event('trusted');
    await child.notes.event('trusted');
    child.signal('SIGTERM');
    expect(await notes.event('stopped')).toMatchObject({ run });
    expect(await child.ended).toBe(0);
    const again = new Child(context, port, monitor.address);
    expect(await notes.event('restarted')).toMatchObject({ previous: run });
    expect(notes.names).toEqual(['trusted', 'stopped', 'restarted']);
    expect(child.notes.names).toEqual(['trusted']);
    await again.notes.event('trusted');
  });
});
