import type { AttackSocket } from './attack-socket.js';
import { pause, type Attacker } from './attacker.js';

/** Does what it does until it is stopped. */
export type Attack = (attacker: Attacker) => Promise<void>;

/** Makes a connection. */
export type Dial = (attacker: Attacker) => Promise<AttackSocket>;

/** A connection of TCP, whatever the node speaks over it. */
export const plain: Dial = (attacker) => attacker.dialPlainly();

/** A connection that carries frames. */
export const dial: Dial = (attacker) => attacker.dial();
/** A connection on which hello was said. */
export const open: Dial = (attacker) => attacker.open();

/** Says bytes to a new connection again and again, and waits each time until it is over. */
export function again(bytes: (attacker: Attacker) => Uint8Array, by: Dial): Attack {
  return async (attacker) => {
    while (!attacker.stopped) {
      const connection = await by(attacker);
      await connection.write(bytes(attacker));
      await Promise.race([connection.closed, pause(100)]);
      connection.destroy();
    }
  };
}

/** Says the beginning of something, and holds the connection open. */
export function hold(begin: (attacker: Attacker) => Uint8Array, by: Dial): Attack {
  return async (attacker) => {
    while (!attacker.stopped) {
      const connection = await by(attacker);
      await connection.write(begin(attacker));
      await connection.closed;
    }
  };
}

/** Says nothing. */
export function silent(by: Dial): Attack {
  return async (attacker) => {
    while (!attacker.stopped) await Promise.race([(await by(attacker)).closed, pause(60_000)]);
  };
}

/** Says a little every tenth of a second, and then nothing. */
export function slowly(parts: () => Iterable<Uint8Array>, by: Dial): Attack {
  return async (attacker) => {
    while (!attacker.stopped) {
      const connection = await by(attacker);
      for (const part of parts()) {
        if (connection.over) break;
        await connection.write(part);
        await pause(100);
      }
      await connection.closed;
    }
  };
}

/** Says something on one connection as fast as it is taken, and dials again when it is over. */
export function flood(begin: Uint8Array, bytes: (attacker: Attacker) => Uint8Array, reading = true, by = open): Attack {
  return async (attacker) => {
    while (!attacker.stopped) {
      const connection = await by(attacker);
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
export function times(count: number, attack: Attack): Attack {
  return async (attacker) => {
    await Promise.all(Array.from({ length: count }, () => attack(attacker)));
  };
}

/** What is said byte by byte. */
export function* bytewise(bytes: Uint8Array): Iterable<Uint8Array> {
  for (const byte of bytes) yield Uint8Array.of(byte);
}

/** Bytes that mean nothing. */
export function garbage({ random }: Attacker): Uint8Array {
  return random.bytes(random.length(64, 5000));
}
