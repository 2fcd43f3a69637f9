import { messagePackCodec } from 'quorate/codec';
import { systemClock } from 'quorate/core';
import { MemoryJournal, MemoryStore } from 'quorate/storage/memory';
import { clockCases, journalCases, machineCases, transportCases, VirtualClock } from 'quorate/testing';
import type { Clock } from 'quorate/core';
import type { ConformanceCase, TransportSetup } from 'quorate/testing';
import { MemoryNetwork } from 'quorate/transport/memory';
import { memorySupports } from '../testing/conformance/memory-supports.js';
import { raftSetup } from '../testing/conformance/raft-setup.js';
import { PortNetwork, portSupports } from '../transport/port-network.js';
import { webSocketCases } from './websocket/cases.js';
import type { Dialer, WebSocketSettings } from './websocket/settings.js';

/** What came of a conformance kit on one implementation, as plain data. */
export interface KitResult {
  readonly implementation: string;
  /** The names of the cases that passed, in order. */
  readonly passed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
}

/** Runs the kits on everything of this library that runs anywhere, one case after the other. */
export async function runKits(settings: WebSocketSettings, dialer: Dialer): Promise<readonly KitResult[]> {
  const results: KitResult[] = [];
  for (const [implementation, cases] of Object.entries(kits(settings, dialer)))
    results.push(await runKit(implementation, cases));
  return results;
}

async function runKit(implementation: string, cases: readonly ConformanceCase[]): Promise<KitResult> {
  const passed: string[] = [];
  const failed: { name: string; reason: string }[] = [];
  for (const { name, run } of cases) {
    await run().then(
      () => passed.push(name),
      (reason: unknown) => failed.push({ name, reason: String(reason) }),
    );
  }
  return { implementation, passed, failed };
}

function kits(settings: WebSocketSettings, dialer: Dialer): Readonly<Record<string, readonly ConformanceCase[]>> {
  const encoding = { ...memorySupports, copies: true, checksValues: true };
  const store = { persistent: true, exclusive: false, crashes: false };
  const pass = (clock: Clock, ms: number): Promise<void> => (clock as VirtualClock).run(ms);
  return {
    'memory transport': transportCases(memoryTransports(false), memorySupports),
    'memory transport with a codec': transportCases(memoryTransports(true), encoding),
    'transport over message ports': transportCases({ network: () => new PortNetwork() }, portSupports),
    'WebSocket client of a node': webSocketCases(settings, dialer),
    'memory journal': journalCases({ place: memoryPlace }, store),
    'Raft machine': machineCases(raftSetup(), { earlyWakesIdle: true }),
    'system clock': clockCases({ clock: () => systemClock }, { orderedTies: true, earlyMs: 2 }),
    'virtual clock': clockCases({ clock: () => new VirtualClock(), pass }, { orderedTies: true, earlyMs: 0 }),
  };
}

function memoryTransports(encode: boolean): TransportSetup {
  return {
    network() {
      const network = new MemoryNetwork({ maxQueuedMessages: 300, ...(encode ? { codec: messagePackCodec() } : {}) });
      return { open: (id) => network.transport(id) };
    },
  };
}

function memoryPlace(): { open(): MemoryJournal } {
  const store = new MemoryStore();
  return { open: () => new MemoryJournal({ store }) };
}
