import type { SrvRecord } from 'node:dns';
import { isIPv4, isIPv6 } from 'node:net';
import { formatAddress, InvalidOptionError, MalformedError } from '../../core/index.js';
import { canonicalIp } from '../../id/index.js';
import type { Endpoint } from '../endpoint.js';

/** Who answers questions: the part of `Resolver` of `node:dns/promises` that is used. */
export interface DnsResolver {
  /** A records, with their times to live in seconds. */
  resolve4(name: string, options: { readonly ttl: true }): Promise<readonly AddressRecord[]>;
  /** AAAA records, with their times to live in seconds. */
  resolve6(name: string, options: { readonly ttl: true }): Promise<readonly AddressRecord[]>;
  /** SRV records, whose times to live Node does not tell. */
  resolveSrv(name: string): Promise<readonly SrvRecord[]>;
}

/** An address from DNS. */
export interface AddressRecord {
  readonly address: string;
  /** For how long it may be remembered, in seconds. */
  readonly ttl: number;
}

/** What is asked. */
export interface DnsQuestion {
  readonly type: 'A' | 'AAAA' | 'SRV';
  readonly name: string;
  /** Of nodes of which only addresses are asked. */
  readonly port: number;
  /** The most records that are taken of an answer. */
  readonly maxNodes: number;
}

/** What came of it. */
export interface DnsAnswer {
  /** None where there are no such records. */
  readonly endpoints: readonly Endpoint[];
  /** The shortest of the records; 0 where nothing is known of it. */
  readonly ttlMs: number;
}

const NO_RECORDS: readonly unknown[] = ['ENODATA', 'ENOTFOUND'];

/** Asks once. @throws MalformedError, and what the resolver throws */
export async function askDns(resolver: DnsResolver, question: DnsQuestion): Promise<DnsAnswer> {
  try {
    if (question.type === 'SRV') return services(checkLength(await resolver.resolveSrv(question.name), question));
    const records = await resolver[question.type === 'A' ? 'resolve4' : 'resolve6'](question.name, { ttl: true });
    return addresses(checkLength(records, question), question);
  } catch (error) {
    if (NO_RECORDS.includes((error as { readonly code?: unknown } | null)?.code)) return { endpoints: [], ttlMs: 0 };
    throw error;
  }
}

/** Lists of records as one: each node once, as its best record says, in an order that does not depend on theirs. */
export function mergeEndpoints(lists: Iterable<readonly Endpoint[]>): readonly Endpoint[] {
  const sorted = [...lists].flat().sort(compareEndpoints);
  const nodes = new Map<string, Endpoint>();
  for (const endpoint of sorted) if (!nodes.has(endpoint.node)) nodes.set(endpoint.node, endpoint);
  return [...nodes.values()];
}

function compareEndpoints(a: Endpoint, b: Endpoint): number {
  const byPriority = (a.priority ?? 0) - (b.priority ?? 0);
  if (byPriority !== 0) return byPriority;
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  return (b.weight ?? 1) - (a.weight ?? 1);
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** The one text of a host name, in lower case and without the dot at its end; `undefined` when it is none. */
function canonicalHostName(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 254) return undefined;
  const name = text.toLowerCase().replace(/\.$/, '');
  const isName = name.length <= 253 && name.split('.').every((label) => LABEL.test(label));
  return isName && !isIPv4(name) ? name : undefined;
}

/** @throws InvalidOptionError */
export function checkHostName(option: string, text: unknown): string {
  const name = canonicalHostName(text);
  if (name === undefined)
    throw new InvalidOptionError(option, text, 'a host name of ASCII labels, such as api.example.com, and no address');
  return name;
}

function checkLength<T>(records: readonly T[], { name, type, maxNodes }: DnsQuestion): readonly T[] {
  const isList: boolean = Array.isArray(records); // a resolver of somebody's own may say anything
  if (!isList) throw new MalformedError(`what came for ${name} (${type}) is no list of records`);
  if (records.length <= maxNodes) return records;
  throw new MalformedError(`${name} has ${records.length} ${type} records; at most ${maxNodes} are taken (maxNodes)`);
}

function addresses(records: readonly AddressRecord[], { name, type, port }: DnsQuestion): DnsAnswer {
  const isAddress = type === 'A' ? isIPv4 : isIPv6;
  const endpoints = records.map((record): Endpoint => {
    const ip = isAddress(record.address) ? canonicalIp(record.address) : null;
    if (ip === null) throw new MalformedError(`an ${type} record of ${name} has no address`);
    return { node: formatAddress(ip, port) };
  });
  const ttl = records.reduce((least, record) => Math.min(least, record.ttl), Infinity);
  return { endpoints, ttlMs: ttl >= 0 && ttl < Infinity ? ttl * 1000 : 0 };
}

/** A hundredth of the least that a record can have else. */
const WEIGHT_OF_ZERO = 0.01;

/**
 * A weight of 0 is a very small chance where others have more (RFC 2782), and says nothing where all of a priority have it. A
 * root as the target says that there is no such service.
 */
function services(records: readonly SrvRecord[]): DnsAnswer {
  const there = records.filter((record) => record.name !== '' && record.name !== '.');
  const weighted = new Set(there.filter(({ weight }) => weight > 0).map(({ priority }) => priority));
  const endpoints = there.map(({ name, port, priority, weight }): Endpoint => {
    const host = canonicalHostName(name);
    if (host === undefined || !isUint16(port) || port === 0 || !isUint16(priority) || !isUint16(weight))
      throw new MalformedError('an SRV record has no target, port, priority or weight');
    const share = weight > 0 ? weight : weighted.has(priority) ? WEIGHT_OF_ZERO : 1;
    return { node: formatAddress(host, port), weight: share, priority };
  });
  return { endpoints, ttlMs: 0 };
}

function isUint16(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65_535;
}
