import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainCommand, sessionLimits, withSessions, type SessionMachine } from '../../../src/host/sessions.js';
import { encodeSessionCommand, type SessionCommand } from '../../../src/host/sessions/session-command.js';
import { bytes, collect, cut, Ledger } from './ledger.js';

/** What one client does: sends a new command, repeats one, or goes on without an answer to the oldest one. */
type Move =
  | { readonly do: 'send'; readonly client: number }
  | { readonly do: 'repeat'; readonly client: number; readonly which: number }
  | { readonly do: 'acknowledge'; readonly client: number }
  | { readonly do: 'keepAlive'; readonly client: number };

const CLIENTS = 3;
const client = fc.nat(CLIENTS - 1);
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), client }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('repeat' as const), client, which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), client }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('keepAlive' as const), client }) },
);

/** What a client sends: by session, sequence and payload, with all copies in the order of sending. */
function commandsOf(moves: readonly Move[]): SessionCommand[] {
  const clients = Array.from({ length: CLIENTS }, (_, i) => ({ session: i + 1, sent: 0, lowest: 1 }));
  return moves.flatMap((made): SessionCommand[] => {
    const state = clients[made.client]!;
    const { session } = state;
    const command = (sequence: number): SessionCommand => {
      const payload = bytes(`${session}/${sequence}`);
      return { type: 'command', stampMs: 5, session, sequence, lowest: state.lowest, payload };
    };
    switch (made.do) {
      case 'send':
        return [command(++state.sent)];
      case 'repeat': {
        const outstanding = state.sent - state.lowest + 1;
        return outstanding < 1 ? [] : [command(state.lowest + (made.which % outstanding))];
      }
      case 'acknowledge':
        if (state.lowest <= state.sent) state.lowest++;
        return [];
      case 'keepAlive':
        return [{ type: 'keepAlive', stampMs: 5, session, lowest: state.lowest }];
    }
  });
}

/** Opens the sessions 1 to CLIENTS, which is where a log begins. */
const opening = Array.from({ length: CLIENTS }, (_, i): SessionCommand => ({ type: 'open', stampMs: 5, id: `c${i}` }));

/** A log as the network makes it: every command dropped, or there several times, each copy somewhere later. */
interface Disorder {
  readonly copies: readonly number[];
}
const disorder: fc.Arbitrary<readonly Disorder[]> = fc.array(
  fc.record({ copies: fc.array(fc.nat(12), { maxLength: 3 }) }),
  { minLength: 60, maxLength: 60 },
);

function shuffled(commands: readonly SessionCommand[], faults: readonly Disorder[]): SessionCommand[] {
  const placed = commands.flatMap((command, i) => {
    const { copies } = faults[i % faults.length]!;
    return copies.map((delay) => ({ command, at: i + delay }));
  });
  return placed.sort((a, b) => a.at - b.at).map(({ command }) => command);
}

/** Remembers everything, forever: what was applied, and up to where each client has its answers. */
class Twin {
  readonly lines: string[] = [];
  readonly #results = new Map<string, string>();
  readonly #lowest = new Map<number, number>();

  /** The result, or `null` where there need be none. */
  apply(command: SessionCommand): string | null {
    if (command.type !== 'command' && command.type !== 'keepAlive') return null;
    const lowest = Math.max(this.#lowest.get(command.session) ?? 1, command.lowest);
    this.#lowest.set(command.session, lowest);
    if (command.type === 'keepAlive' || command.sequence < lowest) return null;
    const line = `${command.session}/${command.sequence}`;
    const known = this.#results.get(line);
    if (known !== undefined) return known;
    const made = `${this.lines.push(line)}: ${line}`;
    this.#results.set(line, made);
    return made;
  }
}

/** A member: applies a log in batches, and is restored from a snapshot at some of their ends. */
class Member {
  ledger = new Ledger();
  machine: SessionMachine = withSessions(this.ledger);
  readonly results: unknown[] = [];

  async feed(log: readonly Uint8Array[], batches: readonly number[], restarts: ReadonlySet<number>): Promise<void> {
    for (let at = 0, turn = 0; at < log.length; turn++) {
      const size = batches[turn % batches.length]!;
      const commands = log.slice(at, at + size).map((data, i) => ({ index: at + i + 1, data }));
      for (const answer of await this.machine.apply(commands)) {
        this.results.push(answer.type === 'result' ? answer.result : null);
      }
      at += size;
      if (restarts.has(turn)) await this.#restart();
    }
  }

  async #restart(): Promise<void> {
    const snapshot = await collect(this.machine.snapshot());
    this.ledger = new Ledger();
    this.machine = withSessions(this.ledger);
    await this.machine.restore(cut(snapshot, 7));
  }
}

const batches = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 });
const restarts = fc.array(fc.nat(40), { maxLength: 5 }).map((turns) => new Set(turns));
const moves = fc.array(move, { minLength: 1, maxLength: 60 });

describe('any log of repeated, reordered and lost commands', () => {
  it('is applied as by a twin that remembers everything, with any batches and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(moves, disorder, batches, restarts, async (made, faults, sizes, turns) => {
        const log = [...opening, ...shuffled(commandsOf(made), faults)];
        const [member, twin] = [new Member(), new Twin()];
        await member.feed(log.map(encodeSessionCommand), sizes, turns);
        expect(member.results).toEqual(log.map((command) => twin.apply(command)));
        expect(member.ledger.lines).toEqual(twin.lines);
        expect(new Set(member.ledger.lines).size).toBe(member.ledger.lines.length);
      }),
      { numRuns: 300 },
    );
  });
});

const stampMs = fc.oneof(fc.nat(20_000), fc.constantFrom(0, 2 ** 41, 1000, 2000, 3000));
const session = fc.nat(12);
const sequence = fc.integer({ min: 1, max: 6 });
/** Anything that may stand in a log: sessions that come and go, limits that change, bytes that are none of it. */
const anything: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .record({ stampMs, session, sequence, ahead: fc.nat(5), text: fc.string({ maxLength: 5 }) })
    .map(({ ahead, text, ...rest }) => {
      const lowest = Math.max(rest.sequence - ahead, 1);
      return encodeSessionCommand({ type: 'command', ...rest, lowest, payload: bytes(text) });
    }),
  fc
    .record({ stampMs, id: fc.constantFrom('a', 'b', 'c', 'd') })
    .map((open) => encodeSessionCommand({ type: 'open', ...open })),
  fc
    .record({ stampMs, session, lowest: sequence })
    .map((alive) => encodeSessionCommand({ type: 'keepAlive', ...alive })),
  fc.record({ stampMs, session }).map((close) => encodeSessionCommand({ type: 'close', ...close })),
  fc
    .record({
      sessionTimeoutMs: fc.constantFrom(1000, 2000, 100_000),
      maxSessions: fc.integer({ min: 1, max: 4 }),
      maxOutstanding: fc.integer({ min: 1, max: 4 }),
      maxResultBytes: fc.integer({ min: 1, max: 8 }),
    })
    .map((limits) => sessionLimits(limits)),
  fc.string().map((text) => plainCommand(bytes(text))),
  fc.uint8Array({ maxLength: 20 }),
);

/** Two sessions, and three results for each. */
const limits = sessionLimits({ maxSessions: 2, maxOutstanding: 3 });

describe('members that are fed the same log', () => {
  it('have the same snapshots byte by byte, however it is cut into batches and wherever they restart', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 60 }), batches, restarts, async (log, sizes, turns) => {
        const [one, other] = [new Member(), new Member()];
        await one.feed(log, [1], new Set());
        await other.feed(log, sizes, turns);
        expect(await collect(other.machine.snapshot())).toEqual(await collect(one.machine.snapshot()));
        expect(other.results).toEqual(one.results);
      }),
      { numRuns: 500 },
    );
  });

  it('keep to the limits of the log', async () => {
    const commands = anything.filter((data) => data[0] !== limits[0]);
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { maxLength: 60 }), batches, async (log, sizes) => {
        const member = new Member();
        await member.feed([limits, ...log], sizes, new Set());
        const { sessions, results } = member.machine.status();
        expect(sessions).toBeLessThanOrEqual(2);
        expect(results).toBeLessThanOrEqual(sessions * 3);
      }),
    );
  });
});
