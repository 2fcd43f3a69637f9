import { formatRecording, parseRecording, type RecordedEvent } from '../../../src/testing/recorder/recording.js';
import { parseKeyValueHistory } from '../../../src/testing/linearizability/json-lines.js';
import type { Random } from '../random.js';
import { decoded, ensure, ensureSame, type Target } from '../target.js';
import { anyValue } from '../values.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Recordings of what passed a transport, and scripts. */
export const recording: Target = {
  name: 'recording',
  valid(random) {
    let at = 0;
    const events = random.list(4, () => recorded(random, (at += random.below(9))));
    return encoder.encode(formatRecording({ node: random.name(), events, cut: random.oneIn(4) }));
  },
  check(input) {
    const result = decoded(() => parseRecording(decoder.decode(input)));
    if (result === undefined) return 'rejected';
    ensureSame('parsed, formatted, parsed', result.value, parseRecording(formatRecording(result.value)));
    return 'accepted';
  },
};

function recorded(random: Random, at: number): RecordedEvent {
  const [channel, peer] = ['c', random.name()];
  if (random.oneIn(4)) return { type: 'peer', at, channel, peer, up: random.oneIn(2) };
  const message = anyValue(random, 2);
  if (random.oneIn(2)) return { type: 'receive', at, channel, peer, message };
  return { type: 'send', at, channel, peer, message, taken: random.oneIn(2) };
}

/** Histories of a map, as JSON lines. */
export const history: Target = {
  name: 'history',
  valid: (random) => encoder.encode(lines(random).join('\n')),
  check(input) {
    const result = decoded(() => parseKeyValueHistory(decoder.decode(input).split('\n')));
    if (result === undefined) return 'rejected';
    let before = -Infinity;
    for (const { calledAt, returnedAt, outcome } of result.value) {
      ensure(Number.isFinite(calledAt), `called at ${calledAt}`);
      ensure(calledAt > before, 'calls are in the order of their lines');
      ensure(
        returnedAt === null ? outcome === 'unknown' : returnedAt > calledAt,
        `called at ${calledAt}, returned at ${returnedAt}`,
      );
      before = calledAt;
    }
    return 'accepted';
  },
};

function lines(random: Random): string[] {
  const all: unknown[] = [];
  for (let id = 0, timeNs = random.count(); id < 4; id++, timeNs += random.below(3)) {
    const [process, key] = [random.below(2), 'k'];
    const op = random.pick(['put', 'get']);
    all.push({ type: 'call', id, timeNs, process, op, key, ...(op === 'put' ? { value: id } : {}) });
    const outcome = random.pick(['ok', 'ok', 'failed', 'unknown']);
    if (!random.oneIn(4)) all.push({ type: 'return', id, timeNs, outcome, found: random.oneIn(2), value: null });
  }
  return all.map((line) => JSON.stringify(line));
}
