import { helloFrame } from '../transport/stream-bench.js';
import {
  again,
  bytewise,
  flood,
  garbage,
  hold,
  plain,
  silent,
  slowly,
  times,
  type Attack,
  type Dial,
} from './tactics.js';

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const HEADERS = ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', KEY];

function request(line = 'GET / HTTP/1.1', ...more: readonly string[]): Uint8Array {
  return Buffer.from([line, ...HEADERS, ...more, '', ''].join('\r\n'));
}

/** A connection that was upgraded, on which the attack makes the frames of WebSocket by itself. */
const upgraded: Dial = async (attacker) => {
  const connection = await attacker.dialPlainly();
  await connection.write(request());
  return connection;
};

/** As {@link upgraded}, and said hello. */
const greeted: Dial = async (attacker) => {
  const connection = await upgraded(attacker);
  await connection.write(frame(BINARY, helloFrame({ id: 'pinging', incarnation: String(attacker.count) })));
  return connection;
};

/** Kinds of frames, final ones (RFC 6455, section 5.2). */
const [CONTINUATION, TEXT, BINARY, PING] = [0x80, 0x81, 0x82, 0x89];
/** Taken from the kind of a frame whose message goes on in the next one. */
const FINAL = 0x80;

/** A frame of a client, masked with zeros, that announces a length and has these bytes. */
function frame(kind: number, bytes: Uint8Array, length = bytes.length): Uint8Array {
  const long = Buffer.alloc(8);
  long.writeBigUInt64BE(BigInt(length));
  const size = length < 126 ? Uint8Array.of(0x80 | length) : Buffer.concat([Uint8Array.of(0x80 | 127), long]);
  return Buffer.concat([Uint8Array.of(kind), size, new Uint8Array(4), bytes]);
}

function* headersWithoutEnd(): Iterable<Uint8Array> {
  yield request().subarray(0, -2);
  for (let i = 0; i < 50; i++) yield Buffer.from(`X-${i}: ${i}\r\n`);
}

const PINGS = Buffer.concat(Array.from({ length: 200 }, () => frame(PING, new Uint8Array(125))));
const EMPTY_PARTS = Buffer.concat(Array.from({ length: 1000 }, () => frame(CONTINUATION - FINAL, new Uint8Array(0))));
const CHUNK = Buffer.concat([Buffer.from('10000\r\n'), new Uint8Array(0x1_0000), Buffer.from('\r\n')]);
const HUGE_HEADER = Buffer.from(`GET / HTTP/1.1\r\nX: ${'x'.repeat(1 << 20)}\r\n\r\n`);
const MANY_HEADERS = Buffer.from(`GET / HTTP/1.1\r\n${'a:\r\n'.repeat(100_000)}\r\n`);

/** By what comes before the WebSocket, and by its frames. Each by its name. */
export const webSocketAttacks: Readonly<Record<string, Attack>> = {
  'random bytes before the upgrade': again(garbage, plain),
  'half a request': times(
    4,
    hold(() => request().subarray(0, 60), plain),
  ),
  'a request byte by byte': times(
    10,
    slowly(() => bytewise(request().subarray(0, 60)), plain),
  ),
  'headers without end': times(10, slowly(headersWithoutEnd, plain)),
  'silent before the upgrade': times(100, silent(plain)),
  'a huge header': again(() => HUGE_HEADER, plain),
  'many headers': again(() => MANY_HEADERS, plain),
  'another path': again(() => request('GET /other HTTP/1.1'), plain),
  'a foreign origin': again(() => request('GET / HTTP/1.1', 'Origin: https://evil.example'), plain),
  'no upgrade, and a body without end': flood(
    Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'),
    () => CHUNK,
    true,
    plain,
  ),
  'random bytes after the upgrade': again(garbage, upgraded),
  'messages of text': again(() => frame(TEXT, Buffer.from('hello')), upgraded),
  'a huge message': again(() => frame(BINARY, new Uint8Array(64), 2 ** 40), upgraded),
  'half a message': times(
    8,
    hold(() => frame(BINARY, new Uint8Array(60_000), 0xffff), upgraded),
  ),
  'a message of empty parts': flood(frame(BINARY - FINAL, new Uint8Array(0)), () => EMPTY_PARTS, true, upgraded),
  pings: flood(new Uint8Array(0), () => PINGS, true, upgraded),
  'pings, and reads no answers': flood(new Uint8Array(0), () => PINGS, false, upgraded),
  'pings after the hello, and reads no answers': flood(new Uint8Array(0), () => PINGS, false, greeted),
};
