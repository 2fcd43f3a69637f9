import { raftCodec } from '../../src/raft/index.js';
import { raftMessage } from '../fuzz/raft-messages.js';
import { anyValue } from '../fuzz/values.js';
import { frame, helloFrame } from '../transport/stream-bench.js';
import { channelName, message, pause, type Attacker } from './attacker.js';
import { again, bytewise, dial, flood, garbage, hold, open, silent, slowly, times, type Attack } from './tactics.js';

const raft = raftCodec();
/** Of a frame of eight times as much. */
const HALF_A_FRAME = Buffer.concat([
  channelName('put'),
  Uint8Array.of(0, 0x7f, 0xff, 0xff, 1),
  new Uint8Array(1 << 20),
]);

/** All but what any server may say of a newer term and be believed: that it leads, or that it stands for election. */
function forged({ random }: Attacker): Uint8Array {
  const parts: Uint8Array[] = [];
  while (parts.length < 50) {
    const forgery = raftMessage(random, () => (random.oneIn(8) ? random.count() : random.below(4)));
    const believed = ['appendEntries', 'installSnapshot', 'requestVote'].includes(forgery.type);
    parts.push(frame(1, raft.encode(believed ? { ...forgery, term: 0 } : forgery)));
  }
  return Buffer.concat(parts);
}

function misshapen({ random }: Attacker): Uint8Array {
  return Buffer.concat(Array.from({ length: 50 }, () => message(anyValue(random))));
}

/** Names that nobody knows, a message for each. */
function strangeNames({ random }: Attacker): Uint8Array {
  return Buffer.concat(Array.from({ length: 50 }, () => Buffer.concat([channelName(random.name()), message(1)])));
}

function puts({ random }: Attacker): Uint8Array {
  const body = new Uint8Array(2000); // twice as large as what is served
  const request = (): Uint8Array => message({ type: 'request', run: 1, id: random.below(2 ** 32), body });
  return Buffer.concat(Array.from({ length: 20 }, request));
}

const BOMBS = ['dd00ffffff'.repeat(10), '91'.repeat(200) + '00', 'df00ffffff', `dd00020000${'80'.repeat(0x2_0000)}`];

/** By frames, or in their place, on connections that carry frames. Each by its name. */
export const frameAttacks: Readonly<Record<string, Attack>> = {
  'random bytes': again(garbage, dial),
  'random bytes after the hello': again(garbage, open),
  'huge length': again(() => Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1), open),
  'half a hello': times(
    4,
    hold(() => helloFrame().subarray(0, 20), dial),
  ),
  'half a frame': times(
    8,
    hold(() => HALF_A_FRAME, open),
  ),
  'silent strangers': times(200, silent(dial)),
  'one byte at a time': times(
    20,
    slowly(() => bytewise(helloFrame().subarray(0, 50)), dial),
  ),
  'unknown channels': flood(new Uint8Array(0), strangeNames),
  'unknown types': flood(channelName('put'), misshapen),
  'unknown messages of Raft': flood(channelName('raft'), misshapen),
  bombs: again(
    ({ random }) => Buffer.concat([channelName('put'), frame(1, Buffer.from(random.pick(BOMBS), 'hex'))]),
    open,
  ),
  'forged messages of Raft': flood(channelName('raft'), forged),
  'reads nothing': flood(channelName('put'), puts, false),
  'as fast as it can': flood(channelName('put'), puts),
  'one id many times': times(4, async (attacker) => {
    while (!attacker.stopped) await Promise.race([(await attacker.open('somebody')).closed, pause(50)]);
  }),
};
