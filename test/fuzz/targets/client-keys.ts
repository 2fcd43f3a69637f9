import {
  clientAddress,
  cookieKey,
  headerKey,
  parseProxyHeader,
  rdpCookie,
  trustedProxies,
  uriKey,
  urlParameter,
  type ProxyEndpoint,
} from '../../../src/balancer/index.js';
import { canonicalIp } from '../../../src/id/index.js';
import { concatenate } from '../mutate.js';
import type { Random } from '../random.js';
import { decoded, ensure, ensureSame, type Target } from '../target.js';

const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const MAX_PROXY_HEADER_BYTES = 16 + 65_535;
const MAX_RDP_BYTES = 259;
const PROXY = '10.0.0.1';
const TRUSTED = trustedProxies(['10.0.0.0/8', 'fd00::/8']);

/** Header fields have the characters of Latin-1. */
function latin1(input: Uint8Array): string {
  return Buffer.from(input).toString('latin1');
}

function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

function ipv4(random: Random): string {
  return random.oneIn(3) ? `10.0.0.${random.byte()}` : Array.from({ length: 4 }, () => random.byte()).join('.');
}

function ipv6(random: Random): string {
  if (random.oneIn(3)) return random.pick(['::1', 'fd00::7', '2001:db8::1', '::ffff:10.0.0.7', 'FE80::1']);
  return Array.from({ length: 8 }, () => random.below(65_536).toString(16)).join(':');
}

/** Headers of the PROXY protocol, both versions, and what follows them. */
export const proxyHeader: Target = {
  name: 'proxy-header',
  valid: (random) =>
    concatenate([random.oneIn(2) ? version1(random) : version2(random), random.bytes(random.length(8))]),
  check(input) {
    const result = decoded(() => parseProxyHeader(input));
    if (result === undefined) return 'rejected';
    if (result.value === 'incomplete') {
      ensure(input.length < (input[0] === 0x50 ? 107 : MAX_PROXY_HEADER_BYTES), 'more is wanted than there can be');
      return 'rejected';
    }
    const { source, destination, length } = result.value;
    ensure(length <= input.length && length >= 15, `it takes ${length} bytes of ${input.length}`);
    ensure((source === null) === (destination === null), 'both ends are known, or none');
    ensureSame('without what follows', result.value, parseProxyHeader(input.slice(0, length)));
    for (const size of [0, 1, 12, 13, 14, 15, 16, length >> 1, length - 1])
      if (size < length) ensureSame(`its first ${size} bytes`, 'incomplete', parseProxyHeader(input.subarray(0, size)));
    for (const end of [source, destination]) if (end !== null) ensureEndpoint(end);
    return 'accepted';
  },
};

function ensureEndpoint(end: ProxyEndpoint): void {
  if ('path' in end) return ensure(end.path.length <= 108, 'a path is longer than it can be');
  ensureSame('an address, canonical', canonicalIp(end.address), end.address);
  ensure(Number.isInteger(end.port) && end.port >= 0 && end.port <= 65_535, `port ${end.port}`);
}

function version1(random: Random): Uint8Array {
  if (random.oneIn(6)) return fromLatin1(random.pick(['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN a b 1 2\r\n']));
  const [family, ip] = random.oneIn(2) ? ['TCP4', ipv4] : ['TCP6', ipv6];
  const ports = `${random.below(65_536)} ${random.below(65_536)}`;
  return fromLatin1(`PROXY ${family} ${ip(random)} ${ip(random)} ${ports}\r\n`);
}

function version2(random: Random): Uint8Array {
  const [family, least] = random.pick([[0x00, 0], [0x11, 12], [0x12, 12], [0x21, 36], [0x31, 216]] as const); // prettier-ignore
  const rest = random.bytes(least + (random.oneIn(2) ? 0 : random.length(20)));
  const command = random.oneIn(8) ? 0x20 : 0x21;
  return concatenate([SIGNATURE, Uint8Array.of(command, family, rest.length >> 8, rest.length & 255), rest]);
}

/** First packets of the Remote Desktop Protocol. */
export const rdpCookies: Target = {
  name: 'rdp-cookie',
  valid(random) {
    const name = random.oneIn(8) ? 'msts' : 'mstshash';
    const line = random.oneIn(8) ? '' : `Cookie: ${name}=${random.name(100)}\r\n`;
    const data = concatenate([
      fromLatin1(line),
      random.oneIn(2) ? Uint8Array.of(1, 0, 8, 0, 3, 0, 0, 0) : new Uint8Array(),
    ]);
    const size = 11 + data.length;
    return concatenate([Uint8Array.of(3, 0, size >> 8, size & 255, size - 5, 0xe0, 0, 0, 0, 0, 0), data]);
  },
  check(input) {
    const result = decoded(() => rdpCookie(input));
    if (result === undefined) return 'rejected';
    if (result.value === 'incomplete') {
      ensure(input.length < MAX_RDP_BYTES, 'more is wanted than there can be');
      return 'rejected';
    }
    const { cookie } = result.value;
    const size = input[2]! * 256 + input[3]!;
    ensure(size <= input.length && size <= MAX_RDP_BYTES, `a packet of ${size} in ${input.length} bytes`);
    ensureSame('without what follows', result.value, rdpCookie(input.slice(0, size)));
    for (let length = 0; length < size; length += 5)
      ensureSame(`its first ${length} bytes`, 'incomplete', rdpCookie(input.subarray(0, length)));
    const text = latin1(input.subarray(11, size));
    ensure(cookie === null || text.includes(`=${cookie}\r\n`), 'a cookie that is not in the packet');
    return 'accepted';
  },
};

/** `X-Forwarded-For` and `Forwarded`. Accepted is what names another address than that of the connection. */
export const forwardedFields: Target = {
  name: 'forwarded',
  valid: (random) =>
    fromLatin1(random.list(6, () => (random.oneIn(2) ? xForwardedFor(random) : forwarded(random))).join(', ')),
  check(input) {
    const value = latin1(input);
    let accepted = false;
    for (const header of ['x-forwarded-for', 'forwarded'] as const) {
      const of = (text: string, remoteAddress: string): string | undefined =>
        clientAddress({ remoteAddress, headers: { [header]: text } }, { trusted: TRUSTED, header });
      const address = of(value, PROXY)!;
      accepted ||= address !== PROXY;
      ensureSame('canonical', canonicalIp(address), address);
      ensureSame('of one who is not trusted', '203.0.113.9', of(value, '203.0.113.9'));
      const element = header === 'forwarded' ? 'for=203.0.113.9' : '203.0.113.9';
      ensureSame('behind what was claimed', '203.0.113.9', of(`${value},${element}`, PROXY));
      if (TRUSTED(address)) continue;
      for (const claimed of [element, '"', '\\', 'for="', '', 'for="\\'])
        ensureSame('whatever is claimed before', address, of(`${claimed},${value}`, PROXY));
    }
    return accepted ? 'accepted' : 'rejected';
  },
};

function xForwardedFor(random: Random): string {
  if (random.oneIn(12)) return 'unknown';
  const port = random.oneIn(3) ? `:${random.below(65_536)}` : '';
  return random.oneIn(2) ? `${ipv4(random)}${port}` : port === '' ? ipv6(random) : `[${ipv6(random)}]${port}`;
}

function forwarded(random: Random): string {
  const port = random.pick(['', ':80', ':_port']);
  const node = random.pick([
    `for=${ipv4(random)}`,
    `for="${ipv4(random)}${port}"`,
    `For="[${ipv6(random)}]${port}"`,
    'for=_a',
  ]);
  return [node, ...random.list(2, () => random.pick(['proto=http', 'by=_b', 'host="a,b;c\\"\\\\"', '']))].join(';');
}

/** Lists of proxies, which operators write; the same text in canonical form has the same addresses. */
export const proxyList: Target = {
  name: 'trusted-proxies',
  valid(random) {
    const six = random.oneIn(2);
    const bits = random.below(six ? 129 : 33);
    if (random.oneIn(3)) return fromLatin1(six ? ipv6(random) : ipv4(random));
    return fromLatin1(six ? `${bits < 7 ? '' : 'fc00'}::/${bits}` : `${bits < 8 ? 0 : 10}.0.0.0/${bits}`);
  },
  check(input) {
    const text = latin1(input);
    const result = decoded(() => trustedProxies([text]), 'invalid-option');
    if (result === undefined) return 'rejected';
    const [address, length] = text.split('/') as [string, string?];
    ensure(result.value(address), `${address} is not in ${text}`);
    const whole = length === undefined || Number(length) === (address.includes(':') ? 128 : 32);
    const others = ['127.0.0.1', '255.255.255.254', '::1', 'ffff::'].filter((other) => other !== canonicalIp(address));
    if (whole) for (const other of others) ensure(!result.value(other), `${other} is in ${text}`);
    const [four, six] = [result.value('10.9.9.9'), result.value('fc00::9')];
    ensure(!(four && six), 'both families are in one prefix');
    return 'accepted';
  },
};

const KEYS = {
  session: cookieKey('session'),
  host: headerKey('host'),
  domain: headerKey('host', { domainOnly: true }),
  user: urlParameter('user'),
  path: uriKey(),
  start: uriKey({ whole: true, len: 12, depth: 2 }),
};

/** What keys are taken from in a request: one text as its URL, its cookies and its host. Accepted is what has a key of a name. */
export const requestKeys: Target = {
  name: 'request-keys',
  valid: (random) =>
    fromLatin1(
      random.oneIn(2)
        ? random.list(4, () => random.pick([`session=${random.name(20)}`, `a=${random.name(20)}`])).join('; ')
        : `${random.pick(['', 'http://a.example:80'])}/${random.name()}?user=${encodeURIComponent(random.name(20))}&a=b#c`,
    ),
  check(input) {
    const text = latin1(input);
    const request = { url: text, headers: { cookie: text, host: text } };
    const { session, host, domain, user, path, start } = KEYS;
    for (const key of Object.values(KEYS)) ensure(key(request) !== '', 'an empty key is none');
    ensureSame('host', text === '' ? undefined : text, host(request));
    ensure(text.toLowerCase().includes(domain(request) ?? ''), 'a domain is a part of the host');
    ensure(!/[?#]/.test(path(request) ?? ''), 'a path ends before the query');
    ensure((start(request) ?? '').length <= 12, 'a key longer than it may be');
    const cookie = text.split(';').map((pair) => pair.trim()).find((pair) => /^session\s*=/.test(pair)); // prettier-ignore
    ensureSame('cookie', cookie?.slice(cookie.indexOf('=') + 1).trim() || undefined, session(request));
    return session(request) === undefined && user(request) === undefined ? 'rejected' : 'accepted';
  },
};
