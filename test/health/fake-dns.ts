import type { SrvRecord } from 'node:dns';
import { VirtualClock } from 'quorate/testing';
import { dnsEndpoints, type DnsEndpoints, type DnsEndpointsOptions, type DnsResolver } from 'quorate/health/node';

/** What is answered: records, an error, or nothing for ever. */
export type Reply<T> = readonly T[] | Error | 'silence';
export type AddressReply = Reply<{ readonly address: string; readonly ttl: number }>;

/** A resolver that answers what the test says, on virtual time, and notes when it was asked. */
export class FakeDns implements DnsResolver {
  readonly clock = new VirtualClock();
  readonly asked: string[] = [];
  readonly errors: string[] = [];
  a: AddressReply = [];
  aaaa: AddressReply = [];
  srv: Reply<SrvRecord> = [];

  /** The times at which it was asked. */
  get times(): number[] {
    return this.asked.map((line) => Number(line.split(' ')[0]));
  }

  resolve4(name: string): Promise<Exclude<AddressReply, Error | 'silence'>> {
    return this.#reply(`A ${name}`, this.a);
  }

  resolve6(name: string): Promise<Exclude<AddressReply, Error | 'silence'>> {
    return this.#reply(`AAAA ${name}`, this.aaaa);
  }

  resolveSrv(name: string): Promise<readonly SrvRecord[]> {
    return this.#reply(`SRV ${name}`, this.srv);
  }

  /** A source that asks here, by default for A records, without anything random. */
  source(options: Partial<DnsEndpointsOptions> = {}): DnsEndpoints {
    return dnsEndpoints({
      name: 'api.example.com',
      ...(options.type === 'SRV' ? {} : { port: 80 }),
      resolver: this,
      clock: this.clock,
      random: () => 0,
      onError: (error) => this.errors.push(`${this.clock.now()} ${error.code}: ${error.message}`),
      ...options,
    });
  }

  /** All lists that the source gives, as they come. */
  lists(source: DnsEndpoints): (readonly string[])[] {
    const lists: (readonly string[])[] = [];
    void (async () => {
      for await (const list of source) lists.push(list.map(({ node }) => node));
    })();
    return lists;
  }

  #reply<T>(question: string, reply: Reply<T>): Promise<readonly T[]> {
    this.asked.push(`${this.clock.now()} ${question}`);
    if (reply === 'silence') return new Promise(() => {});
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  }
}

/** A records of these addresses. */
export function records(addresses: readonly string[], ttl = 60): Exclude<AddressReply, Error | 'silence'> {
  return addresses.map((address) => ({ address, ttl }));
}

/** What Node rejects with when there is no such name, or something else went wrong. */
export function dnsError(code: string): Error {
  return Object.assign(new Error(`query ${code} api.example.com`), { code });
}
