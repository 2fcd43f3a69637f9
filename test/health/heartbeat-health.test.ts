import { describe, expect, it, onTestFinished } from 'vitest';
import type { Transport } from 'quorate/core';
import { Heartbeats } from 'quorate/detector/heartbeats';
import { heartbeatHealth } from 'quorate/health';
import { VirtualClock } from 'quorate/testing';
import { MemoryNetwork } from 'quorate/transport/memory';
import { gpidOf } from '../detector/heartbeats/any-message.js';

/** A monitor `a` and processes that it watches, on virtual time. */
class Processes {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({ latencyMs: 1, clock: this.clock });
  readonly monitor = this.start('a').heartbeats;
  readonly health = heartbeatHealth(this.monitor);
  readonly heard: string[] = [];
  readonly unsubscribe = this.health.subscribe((node, healthy) => {
    expect(this.health.isHealthy(node)).toBe(healthy);
    this.heard.push(`${node} ${healthy ? 'up' : 'down'}`);
  });

  start(id: string, run = 1): { heartbeats: Heartbeats; transport: Transport } {
    const transport = this.network.transport(id);
    const heartbeats = new Heartbeats({ gpid: gpidOf(id === 'a' ? 1 : 2, run), transport, clock: this.clock });
    onTestFinished(() => heartbeats.close());
    if (id !== 'a') heartbeats.beatTo('a');
    return { heartbeats, transport };
  }
}

describe('heartbeats as a source of health', () => {
  it('say that a peer is well until it is suspected, and again when it is trusted', async () => {
    const processes = new Processes();
    const { clock, monitor, health, heard } = processes;
    monitor.watch('b');
    expect(health.isHealthy('b')).toBe(true); // nothing came yet, but it is not late
    const { heartbeats } = processes.start('b');
    await clock.run(5000);
    expect(heard.splice(0)).toEqual(['b up']);
    heartbeats.stopBeatingTo('a');
    await clock.run(20_000);
    expect(heard.splice(0)).toEqual(['b down']);
    heartbeats.beatTo('a');
    await clock.run(5000);
    expect(heard).toEqual(['b up']);
  });

  it('say that a peer is unwell of which nothing ever came, when it is late', async () => {
    const { clock, monitor, heard } = new Processes();
    monitor.watch('b');
    await clock.run(30_000);
    expect(heard).toEqual(['b down']);
  });

  it('say that a peer is unwell that stops, and well when it is started again', async () => {
    const processes = new Processes();
    const { clock, monitor, heard } = processes;
    monitor.watch('b');
    const former = processes.start('b');
    await clock.run(3000);
    await former.heartbeats.stop();
    await clock.run(1000);
    expect(heard.splice(0)).toEqual(['b up', 'b down']);
    await former.heartbeats.close();
    await former.transport.close();
    processes.start('b', 2);
    await clock.run(3000);
    expect(heard).toEqual(['b up']);
  });

  it('know nothing bad of whom they do not watch, and tell nothing once unsubscribed', async () => {
    const { clock, monitor, health, heard, unsubscribe } = new Processes();
    expect(health.isHealthy('x')).toBe(true);
    unsubscribe();
    unsubscribe();
    monitor.watch('b');
    await clock.run(30_000);
    expect(health.isHealthy('b')).toBe(false);
    expect(heard).toEqual([]);
    monitor.unwatch('b');
    await clock.run(0);
    expect(health.isHealthy('b')).toBe(true);
  });
});
