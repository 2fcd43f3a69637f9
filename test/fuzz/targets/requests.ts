import { messagePackCodec } from '../../../src/codec/index.js';
import type { Channel, ChannelListener } from '../../../src/core/index.js';
import { openRequests } from '../../../src/host/index.js';
import { parseEnvelope, type Envelope } from '../../../src/host/request-envelope.js';
import { VirtualClock } from '../../../src/testing/index.js';
import type { Random } from '../random.js';
import { decoded, ensure, ensureSame, isCount, type Target } from '../target.js';
import { anyValue, mutateValue } from '../values.js';

const codec = messagePackCodec();
const MAX_SERVING = 3;
const SENT = new Set(['reply', 'error', 'request', 'cancel']);

/** A list of messages at the channel of a server that answers each second request at once and the others never. */
export const requests: Target = {
  name: 'requests',
  valid: (random) => codec.encode(random.list(6, () => envelope(random))),
  generate: (random) =>
    codec.encode(
      mutateValue(
        random,
        mutateValue(
          random,
          random.list(6, () => envelope(random)),
        ),
      ),
    ),
  async check(input) {
    const result = decoded(() => codec.decode(input));
    if (result === undefined || !Array.isArray(result.value)) return 'rejected';
    const messages = result.value as readonly unknown[];
    const good = messages.map((message) => ensureEnvelope(message)).filter((one) => one);
    await serve(messages, messages.length - good.length);
    return good.length === messages.length ? 'accepted' : 'rejected';
  },
};

function envelope(random: Random): Envelope {
  const [run, id] = [random.below(3), random.oneIn(8) ? random.count() : random.below(6)];
  switch (random.below(6)) {
    case 0:
      return { type: 'cancel', run, id };
    case 1:
      return { type: 'reply', run, id, body: anyValue(random, 1) };
    case 2:
      return { type: 'error', run, id, code: random.name(), message: random.name(), outcome: 'failed', details: null };
    default:
      return { type: 'request', run, id, body: random.oneIn(2) ? 'now' : anyValue(random, 2) };
  }
}

function ensureEnvelope(message: unknown): boolean {
  const parsed = parseEnvelope(message);
  if (parsed === null) return false;
  ensure(isCount(parsed.run) && isCount(parsed.id), 'run and id are counts');
  if (parsed.type === 'error')
    ensure(parsed.outcome === 'failed' || parsed.outcome === 'unknown', 'the outcome is known');
  ensureSame('parsed, parsed', parsed, parseEnvelope(parsed));
  return true;
}

async function serve(messages: readonly unknown[], malformed: number): Promise<void> {
  let listener: ChannelListener | undefined;
  const channel: Channel = {
    name: 'requests',
    supports: { ordered: true, maxBytes: 1 << 20 },
    send: (_to, sent) => SENT.has((sent as Envelope).type),
    listen: (one) => ((listener = one), () => {}),
  };
  const server = openRequests(channel, {
    clock: new VirtualClock(),
    maxServing: MAX_SERVING,
    random: () => 0.5,
    handler: (body) => (body === 'now' ? body : new Promise(() => {})),
  });
  for (const message of messages) {
    listener!.message('x', message);
    ensure(server.status().serving <= MAX_SERVING, `${server.status().serving} are served at once`);
  }
  ensure(server.status().malformed === malformed, 'what is no envelope is counted, and nothing else');
  await server.close();
}
