import { raftCodec } from '../../src/raft/index.js';
import { raftMessage } from '../fuzz/raft-messages.js';
import { anyValue } from '../fuzz/values.js';
import { frame, helloFrame } from '../transport/stream-bench.js';
import { channelName, message, pause, type Attacker } from './attacker.js';

/** Does what it does until it is stopped. */
type Attack = (attacker: Attacker) => Promise<void>;

const raft = raftCodec();
/** How many bytes of a frame are sent by those who hold it open. */
const HELD_BYTES = 1 << 20;

/** Says bytes to a new connection again and again, and waits each time until it is over. */
function again(bytes: (attacker: Attacker) => Uint8Array, opened: boolean): Attack {
  return async (attacker) => {
    while (!attacker.stopped) {
      const connection = opened ? await attacker.open() : await attacker.dial();
      await connection.write(bytes(attacker));
      await Promise.race([connection.closed, pause(100)]);
      connection.destroy();
    }
  };
}

/** Says something on one connection as fast as it is taken, and dials again when it is over. */
function flood(begin: Uint8Array, bytes: (attacker: Attacker) => Uint8Array, reading = true): Attack {
  return async (attacker) => {
    while (!attacker.stopped) {
      const connection = await attacker.open();
      if (!reading) connection.stopReading();
      await connection.write(begin);
      while (!connection.over) {
        await connection.write(bytes(attacker));
        await pause(1);
      }
    }
  };
}

/** The same attack several times at once. */
function times(count: number, attack: Attack): Attack {
  return async (attacker) => {
    await Promise.all(Array.from({ length: count }, () => attack(attacker)));
  };
}

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

/** Each by its name. */
export const attacks: Readonly<Record<string, Attack>> = {
  'random bytes': again(({ random }) => random.bytes(random.length(64, 5000)), false),
  'random bytes after the hello': again(({ random }) => random.bytes(random.length(64, 5000)), true),
  'huge length': again(() => Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1), true),
  'half a hello': times(4, async (attacker) => {
    while (!attacker.stopped) {
      const connection = await attacker.dial();
      await connection.write(helloFrame().subarray(0, 20));
      await connection.closed;
    }
  }),
  'half a frame': times(8, async (attacker) => {
    while (!attacker.stopped) {
      const connection = await attacker.open();
      await connection.write(Buffer.concat([channelName('put'), Uint8Array.of(0, 0x7f, 0xff, 0xff, 1)]));
      await connection.write(new Uint8Array(HELD_BYTES));
      await connection.closed;
    }
  }),
  'silent strangers': times(200, async (attacker) => {
    while (!attacker.stopped) await Promise.race([(await attacker.dial()).closed, pause(60_000)]);
  }),
  'one byte at a time': times(20, async (attacker) => {
    while (!attacker.stopped) {
      const connection = await attacker.dial();
      for (const byte of helloFrame().subarray(0, 50)) {
        if (connection.over) break;
        await connection.write(Uint8Array.of(byte));
        await pause(100);
      }
      await connection.closed;
    }
  }),
  'unknown channels': flood(new Uint8Array(0), strangeNames),
  'unknown types': flood(channelName('put'), misshapen),
  'unknown messages of Raft': flood(channelName('raft'), misshapen),
  bombs: again(
    ({ random }) => Buffer.concat([channelName('put'), frame(1, Buffer.from(random.pick(BOMBS), 'hex'))]),
    true,
  ),
  'forged messages of Raft': flood(channelName('raft'), forged),
  'reads nothing': flood(channelName('put'), puts, false),
  'as fast as it can': flood(channelName('put'), puts),
  'one id many times': times(4, async (attacker) => {
    while (!attacker.stopped) await Promise.race([(await attacker.open('somebody')).closed, pause(50)]);
  }),
};
