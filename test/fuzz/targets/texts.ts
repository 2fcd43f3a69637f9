import {
  canonicalIp,
  formatGpid,
  formatMessageId,
  parseGpid,
  parseMessageId,
  type Gpid,
} from '../../../src/id/index.js';
import { formatAddress, parseAddress } from 'quorate/core';
import { checkAddress } from '../../../src/transport/tcp/address.js';
import type { Random } from '../random.js';
import { decoded, ensure, ensureSame, type Target } from '../target.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const IPS = [
  '10.0.0.7',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  '2001:db8::1:0:0:1',
  '1:2:3:4:5:6:7:8',
  '::ffff:1.2.3.4',
];

/** Names of one run of a process. Strict: one gpid has one text. */
export const gpid: Target = {
  name: 'gpid',
  valid: (random) => encoder.encode(formatGpid(anyGpid(random))),
  check(input) {
    const text = decoder.decode(input);
    const result = decoded(() => parseGpid(text));
    if (result === undefined) return 'rejected';
    ensureSame('parsed, formatted', text, formatGpid(result.value));
    return 'accepted';
  },
};

/** Message ids, as strict. */
export const messageId: Target = {
  name: 'message-id',
  valid: (random) => encoder.encode(formatMessageId({ gpid: anyGpid(random), counter: 1 + random.below(1e9) })),
  check(input) {
    const text = decoder.decode(input);
    const result = decoded(() => parseMessageId(text));
    if (result === undefined) return 'rejected';
    ensureSame('parsed, formatted', text, formatMessageId(result.value));
    return 'accepted';
  },
};

/** IP addresses: the canonical form is the canonical form of itself. */
export const ip: Target = {
  name: 'ip',
  valid: (random) => encoder.encode(anyIp(random)),
  check(input) {
    const canonical = canonicalIp(decoder.decode(input));
    if (canonical === null) return 'rejected';
    ensure(canonical.length <= 39, `${canonical} is too long`);
    ensureSame('canonical, canonical', canonical, canonicalIp(canonical));
    return 'accepted';
  },
};

/** Addresses of peers, `host:port`. */
export const address: Target = {
  name: 'address',
  valid: (random) =>
    encoder.encode(formatAddress(random.oneIn(2) ? anyIp(random) : 'host-1.example', 1 + random.below(65_535))),
  check(input) {
    const text = decoder.decode(input);
    const result = decoded(() => parseAddress('address', text), 'invalid-option');
    if (result === undefined) return 'rejected';
    const { host, port } = result.value;
    ensure(
      host !== '' && !/[\s/]/.test(host) && Number.isInteger(port) && port >= 1 && port <= 65_535,
      `${host} ${port}`,
    );
    const canonical = checkAddress('address', text);
    ensureSame('checked, checked', canonical, checkAddress('address', canonical));
    return 'accepted';
  },
};

function anyIp(random: Random): string {
  if (random.oneIn(2)) return random.pick(IPS);
  if (random.oneIn(2)) return Array.from({ length: 4 }, () => random.byte()).join('.');
  return Array.from({ length: 8 }, () => (random.oneIn(2) ? 0 : random.below(65_536)).toString(16)).join(':');
}

function anyGpid(random: Random): Gpid {
  const run = {
    ip: anyIp(random),
    port: random.below(65_536),
    startTimeUs: random.count(),
    pid: 1 + random.below(2 ** 32 - 1),
  };
  return random.oneIn(2) ? run : { ...run, nonce: random.below(2 ** 32) };
}
