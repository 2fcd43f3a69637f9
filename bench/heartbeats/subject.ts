/**
 * A process that measures heartbeats with many peers: one of its own for each question, so that none is measured in the memory
 * of another.
 */
import { messagePackCodec } from 'quorate/codec';
import { NOTHING } from 'quorate/core';
import { LogisticPhi, type FailureDetector } from 'quorate/detector';
import { create, initialState, parseMessage, type Heartbeat, type HeartbeatMachine } from 'quorate/detector/heartbeats';
import { answer } from '../child.js';
import { keep } from '../harness.js';

/** What to measure: nanoseconds of a heartbeat that arrives, or of each that is sent; bytes of a peer. */
export interface Question {
  readonly what: 'received' | 'parsed' | 'sent' | 'bytes';
  readonly detector: 'fixed timeout' | 'phi';
  readonly seconds: number;
}

const PEERS = 100_000;
/** Samples of the windows, of 8 bytes each, that are not counted. */
const WINDOW = 100;
const INTERVAL_MS = 1000;

const ids = Array.from({ length: PEERS }, (_, i) => `node-${i}`);
const phi = (): FailureDetector => new LogisticPhi({ windowSize: WINDOW });

function newMachine(detector: Question['detector']): HeartbeatMachine {
  const gpid = { ip: '10.0.0.1', port: 4100, startTimeUs: 1, pid: 1 };
  const options = { gpid, intervalMs: INTERVAL_MS, ...(detector === 'phi' ? { detector: phi } : {}) };
  const machine = create(options, initialState(options));
  machine.step({ type: 'wake' }, 0);
  return machine;
}

/** Its peers beat one after the other, each once a second of virtual time; wakes are on time. */
class Watched {
  readonly #machine: HeartbeatMachine;
  readonly #runs = ids.map((_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:4100:1700000000000000:${i + 1}`);
  #beats = 0;
  #now = 0;

  constructor(detector: Question['detector']) {
    this.#machine = newMachine(detector);
    for (const peer of ids) this.#machine.step({ type: 'command', command: { type: 'watch', peer } }, 0);
    this.beat(PEERS);
  }

  beat(count: number): void {
    const machine = this.#machine;
    for (let i = 0; i < count; i++) {
      const peer = this.#beats % PEERS;
      const sequence = Math.floor(this.#beats++ / PEERS);
      this.#now += INTERVAL_MS / PEERS;
      while (machine.wakeAt <= this.#now) this.#step(() => machine.step({ type: 'wake' }, this.#now));
      const message = beatOf(this.#runs[peer]!, sequence, this.#now);
      this.#step(() => machine.step({ type: 'message', from: ids[peer]!, message }, this.#now));
    }
  }

  #step(step: () => void): void {
    step();
    while (this.#machine.take() !== NOTHING);
  }
}

function beatOf(run: string, sequence: number, sentAt: number): Heartbeat {
  return { type: 'beat', run, sequence, sentAt, intervalMs: INTERVAL_MS };
}

/** Nanoseconds of each of what `work` does as often as it is told. */
function time(seconds: number, batch: number, work: (count: number) => void): number {
  const start = performance.now();
  let done = 0;
  let now = start;
  for (; now < start + seconds * 1000; now = performance.now()) {
    work(batch);
    done += batch;
  }
  return ((now - start) * 1e6) / done;
}

function timeParsing(seconds: number): number {
  const codec = messagePackCodec();
  const messages = ids.slice(0, 1000).map((id, i) => {
    const said = { load: i / 1000, metadata: { zone: id, version: '1.2.3' } };
    return codec.decode(codec.encode({ ...beatOf('10.0.0.1:4100:1700000000000000:1', i, i), ...said }));
  });
  const parse = (): void => {
    for (const message of messages) keep(parseMessage(message));
  };
  return time(seconds, messages.length, parse);
}

function timeSending(seconds: number): number {
  const machine = newMachine('fixed timeout');
  for (const peer of ids) machine.step({ type: 'command', command: { type: 'beatTo', peer } }, 0);
  const tick = (): void => {
    machine.step({ type: 'wake' }, machine.wakeAt);
    keep(machine.take());
  };
  for (let i = 0; i < 5; i++) tick();
  return time(seconds, PEERS, tick);
}

let watched: Watched | null = null;

function timeReceiving({ detector, seconds }: Question): number {
  if (watched === null) {
    watched = new Watched(detector);
    watched.beat(10 * PEERS);
  }
  return time(seconds, 10_000, (count) => watched!.beat(count));
}

/** All that a monitor holds for a peer that has beaten twice, but for its id and the window of its detector. */
function bytesOfPeer(detector: Question['detector']): number {
  const used = (): number => {
    global.gc!();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  keep(ids);
  const before = used();
  const monitor = new Watched(detector);
  monitor.beat(PEERS);
  const bytes = (used() - before) / PEERS;
  keep(monitor);
  return detector === 'phi' ? bytes - 8 * WINDOW : bytes;
}

answer<Question>((question) => {
  const { what, detector, seconds } = question;
  if (what === 'parsed') return timeParsing(seconds);
  if (what === 'sent') return timeSending(seconds);
  return what === 'bytes' ? bytesOfPeer(detector) : timeReceiving(question);
});
