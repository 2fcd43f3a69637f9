import type { ConformanceCase } from 'quorate/testing';
import { WebSocketBench } from './bench.js';
import { connectionCases } from './connection-cases.js';
import { messageCases } from './message-cases.js';
import { refusalCases } from './refusal-cases.js';
import { requestCases } from './request-cases.js';
import type { Dialer, WebSocketSettings } from './settings.js';

/** What a case does with a bench of its own, by its name. */
export type WebSocketCases = Readonly<Record<string, (bench: WebSocketBench) => Promise<void>>>;

/**
 * What a client that only dials must do, with a node in another process. The kit for transports has both ends in one
 * process, so these are cases of their own.
 */
export function webSocketCases(settings: WebSocketSettings, dialer: Dialer): readonly ConformanceCase[] {
  const cases: WebSocketCases = { ...messageCases, ...requestCases, ...refusalCases, ...connectionCases };
  return Object.entries(cases).map(([name, run]) => ({
    name,
    async run() {
      const bench = new WebSocketBench(settings, dialer);
      try {
        await run(bench);
      } finally {
        await bench.end();
      }
    },
  }));
}
