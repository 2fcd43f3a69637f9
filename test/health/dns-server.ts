import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What the server knows of a name: addresses, services, that there is no such name, or nothing that it would say. */
export type Zone =
  | { readonly a: readonly string[]; readonly ttl: number }
  | { readonly aaaa: readonly string[]; readonly ttl: number }
  | { readonly srv: readonly (readonly [priority: number, weight: number, port: number, target: string])[] }
  | 'unknown'
  | 'silence';

const TYPES = { a: 1, aaaa: 28, srv: 33 } as const;
const NO_SUCH_NAME = 3;

/** A DNS server on this machine, over UDP, that says of all names the same. */
export class DnsServer implements AsyncDisposable {
  zone: Zone;
  /** The names that were asked for, in order. */
  readonly asked: string[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket, zone: Zone) {
    this.#socket = socket;
    this.zone = zone;
    socket.on('message', (message, { address, port }) => {
      const answer = this.#answer(message);
      if (answer !== undefined) socket.send(answer, port, address);
    });
  }

  static async listen(zone: Zone): Promise<DnsServer> {
    const socket = createSocket('udp4');
    const server = new DnsServer(socket, zone);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** Resolves when the next question has come. */
  async question(): Promise<void> {
    await once(this.#socket, 'message');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #answer(message: Buffer): Buffer | undefined {
    const labels: string[] = [];
    let at = 12;
    for (let length = message[at]!; length > 0; length = message[at]!) {
      labels.push(message.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const question = message.subarray(12, at + 5);
    const type = message.readUInt16BE(at + 1);
    this.asked.push(labels.join('.'));
    if (this.zone === 'silence') return undefined;
    const records = this.zone === 'unknown' ? [] : recordsOf(this.zone, type);
    const header = Buffer.alloc(12);
    message.copy(header, 0, 0, 2); // the id
    header.writeUInt16BE(0x8180 | (this.zone === 'unknown' ? NO_SUCH_NAME : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    return Buffer.concat([header, question, ...records]);
  }
}

function recordsOf(zone: Exclude<Zone, string>, type: number): Buffer[] {
  if ('srv' in zone) return type === TYPES.srv ? zone.srv.map((service) => record(type, 60, serviceData(service))) : [];
  const [own, addresses] = 'a' in zone ? [TYPES.a, zone.a] : [TYPES.aaaa, zone.aaaa];
  return type === own ? addresses.map((address) => record(type, zone.ttl, addressData(address))) : [];
}

function record(type: number, ttl: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

/** IPv6 without `::`. */
function addressData(address: string): Buffer {
  if (address.includes('.')) return Buffer.from(address.split('.').map(Number));
  return Buffer.from(address.split(':').flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]));
}

function serviceData([priority, weight, port, target]: readonly [number, number, number, string]): Buffer {
  const numbers = Buffer.alloc(6);
  [priority, weight, port].forEach((number, i) => numbers.writeUInt16BE(number, 2 * i));
  const labels = target.split('.').filter(Boolean);
  return Buffer.concat([
    numbers,
    ...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.alloc(1),
  ]);
}
