import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, get, type Server } from 'node:http';
import type { ByteStream, StreamRefusal } from '../../../src/transport/stream/byte-stream.js';
import { Acceptor } from '../../../src/transport/websocket/node/acceptor.js';
import { loadWs } from '../../../src/transport/websocket/node/load-ws.js';
import { checkWebSocketOptions } from '../../../src/transport/websocket/node/options.js';
import { FedSocket } from '../fed-socket.js';
import { concatenate } from '../mutate.js';
import type { Random } from '../random.js';
import { ensure, type Target } from '../target.js';

const PATH = '/quorate';
const ORIGINS = ['https://app.example', 'http://localhost:8080'];
const REASONS = ['malformed', 'origin', 'tls'];
const ANSWERS = /^HTTP\/1\.1 (?:101|400|403|404|417|426|100 Continue\r\n\r\nHTTP\/1\.1 426) /;
/** What a server of its own that asks for something else than a WebSocket is told by. */
const NOT_OURS = 501;

/**
 * What is said to a WebSocket server before there is a WebSocket: requests of HTTP, or something else. Of the first byte
 * of an input the lowest bit says whether the server serves other things, too, and the rest in how large pieces the
 * bytes come.
 */
export const upgrade: Target = {
  name: 'upgrade',
  valid: (random) => concatenate([random.bytes(1), Buffer.from(request(random), 'latin1')]),
  generate: (random) => concatenate([random.bytes(1), Buffer.from(oddRequest(random), 'latin1')]),
  async check(input) {
    const alone = (input[0] ?? 0) % 2 === 0;
    const arrival = new Arrival(await (alone ? serverAlone() : serverBesides()));
    const pieceBytes = (input[0] ?? 0) >> 1 || input.length;
    for (let at = 1; at < input.length; at += pieceBytes) arrival.feed(input.subarray(at, at + pieceBytes));
    const answer = await arrival.end();
    const open = answer.startsWith('HTTP/1.1 101 ');
    if (open) ensure(mayUpgrade(Buffer.from(input).toString('latin1', 1)), 'it upgrades what it must not');
    if (alone) ensure(answer === '' || ANSWERS.test(answer), `it answers ${JSON.stringify(answer.slice(0, 100))}`);
    return open ? 'accepted' : 'rejected';
  },
};

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const HEADERS = ['Host: a:1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', KEY];
const MORE = [
  ...['https://app.example', 'http://localhost:8080', 'https://evil.example', 'null', ''].map(
    (from) => `Origin: ${from}`,
  ),
  ...['Sec-WebSocket-Protocol: a, b', 'Sec-WebSocket-Protocol: ,', 'Sec-WebSocket-Extensions: permessage-deflate'],
  ...['Expect: 100-continue', 'Expect: x', 'Content-Length: 5', 'Transfer-Encoding: chunked', 'Connection: close'],
  ...['Upgrade: h2c', 'Sec-WebSocket-Version: 7', 'X: \u00ff', ' folded', `Cookie: ${'x'.repeat(9000)}`],
];
const LINES = [`GET ${PATH} HTTP/1.1`, `GET ${PATH}?token=1 HTTP/1.1`];
const ODD_LINES = [
  ...[`POST ${PATH} HTTP/1.1`, 'GET / HTTP/1.1', `GET ${PATH}/ HTTP/1.1`, `GET ${PATH}%00 HTTP/1.1`],
  ...[`GET //host${PATH} HTTP/1.1`, `GET http://a${PATH} HTTP/1.1`, 'CONNECT a:1 HTTP/1.1', 'OPTIONS * HTTP/1.1'],
  ...[`GET ${PATH} HTTP/1.0`, `GET ${PATH}#x HTTP/1.1`, 'PRI * HTTP/2.0', '\x16\x03\x01', `GET ?${PATH} HTTP/1.1`],
];

function request(random: Random): string {
  const headers = random.oneIn(2) ? HEADERS : [...HEADERS, `Origin: ${random.pick(ORIGINS)}`];
  return [random.pick(LINES), ...headers, '', ''].join('\r\n');
}

function oddRequest(random: Random): string {
  const headers = [...HEADERS];
  for (let left = random.below(4); left > 0; left--) {
    headers.splice(random.below(headers.length + 1), random.oneIn(3) ? 1 : 0, random.pick(MORE));
  }
  const line = random.oneIn(3) ? random.pick(ODD_LINES) : random.pick(LINES);
  const whole = [line, ...headers, '', ''].join('\r\n');
  return random.oneIn(8) ? whole + request(random) : whole;
}

/**
 * The naive twin: whether one of the requests in a text is for this path, and from nowhere or an origin that may. As Node
 * reads them: lines may end without a carriage return, and a version may be missing.
 */
function mayUpgrade(text: string): boolean {
  const begin = /GET +\/quorate(?:\?[^ \r\n]*)?(?: +HTTP\/\d\.\d)?\r?\n/g;
  const heads = [...text.matchAll(begin)].map(({ index }) => text.slice(index).split(/\r?\n\r?\n/, 1)[0]!);
  return heads.some((head) => {
    const origins = head.split(/\r?\n/).filter((line) => /^origin:/i.test(line));
    return origins.every((line) => ORIGINS.includes(line.slice('origin:'.length).trim()));
  });
}

/** Who listens, and hands over what it accepts. */
interface Listening {
  readonly server: Server;
  accept: (stream: ByteStream) => void;
}

/** One connection to a server, and what is told of it. */
class Arrival {
  static #count = 0;
  readonly #socket = new FedSocket(Arrival.#count++ % 65_536);
  #streams = 0;
  #closed = 0;

  constructor(listening: Listening) {
    listening.accept = (stream) => this.#begin(stream);
    listening.server.emit('connection', this.#socket);
  }

  /** Until there is a WebSocket: what comes then is for `ws`. */
  feed(bytes: Uint8Array): void {
    if (!this.#socket.written.startsWith('HTTP/1.1 101 ')) this.#socket.feed(bytes);
  }

  /** All that was answered. */
  async end(): Promise<string> {
    this.#socket.push(null);
    await new Promise((resolve) => setImmediate(resolve));
    await this.#socket.hangUp();
    await new Promise((resolve) => setImmediate(resolve));
    ensure(this.#streams <= 1, `${this.#streams} streams are accepted on one connection`);
    ensure(
      this.#closed === this.#streams,
      `${this.#streams} streams are told ${this.#closed} times that they are over`,
    );
    return this.#socket.written;
  }

  #begin(stream: ByteStream): void {
    this.#streams++;
    stream.begin({
      connected: () => {},
      data: () => {},
      closed: (_error, refusal) => {
        this.#closed++;
        ensureRefusal(refusal);
      },
    });
  }
}

function ensureRefusal(refusal: StreamRefusal | undefined): void {
  if (refusal === undefined) return;
  ensure(REASONS.includes(refusal.reason), `the reason is ${refusal.reason}`);
  ensure(refusal.detail !== '' && refusal.detail.length < 1000, `the detail has ${refusal.detail.length} characters`);
}

let alone: Promise<Listening> | null = null;
let besides: Promise<Listening> | null = null;

/** A server of the transport's own. */
function serverAlone(): Promise<Listening> {
  return (alone ??= open({ host: '127.0.0.1', port: 0, path: PATH }));
}

/** A server that serves other things, too. */
function serverBesides(): Promise<Listening> {
  const server = createServer((_request, response) => void response.writeHead(NOT_OURS).end());
  return (besides ??= open({ server, path: PATH }, server));
}

type Place = NonNullable<Parameters<typeof checkWebSocketOptions>[0]['listen']>;

async function open(listen: Place, server?: Server): Promise<Listening> {
  const options = checkWebSocketOptions({ id: 'a', cluster: 'test', listen, origins: ORIGINS });
  const acceptor = (await Acceptor.open(options, await loadWs()))!;
  const listening: Listening = { server: server ?? (await serverOf(acceptor)), accept: (stream) => stream.destroy() };
  acceptor.listen(
    (stream) => listening.accept(stream),
    () => {},
  );
  return listening;
}

/** The server behind an acceptor, as Node tells of it when it is asked for something; from then on it has no port. */
async function serverOf({ address }: Acceptor): Promise<Server> {
  const server = await new Promise<Server>((resolve, reject) => {
    const started = (told: unknown): void => {
      unsubscribe('http.server.request.start', started);
      resolve((told as { readonly server: Server }).server);
    };
    subscribe('http.server.request.start', started);
    get(address!.replace('ws:', 'http:'), { agent: false }).once('error', reject).end();
  });
  server.close();
  server.closeAllConnections();
  return server;
}
