const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const TRAILING_IPV4 = /(?<=:)[\d.]+$/;
const GROUP = /^[\da-f]{1,4}$/i;

/**
 * The one text of an IP address, `null` when the text is no address. IPv4 must be four decimal numbers without leading
 * zeros. IPv6 comes back as RFC 5952 wants it (lower case, no leading zeros, the longest run of zeros as `::`), and an
 * IPv4-mapped address (`::ffff:10.0.0.7`, as dual-stack sockets report their peers) as the IPv4 address that it is.
 * Zones (`fe80::1%eth0`) are refused: the name of an interface means nothing on another machine. Not for host names.
 */
export function canonicalIp(text: string): string | null {
  if (IPV4.test(text)) return text;
  const groups = parseIpv6(text);
  return groups === null ? null : formatIpv6(groups);
}

/** The eight 16-bit groups; `null` when the text is no IPv6 address. */
function parseIpv6(text: string): number[] | null {
  const halves = withoutDots(text)?.split('::');
  if (halves === undefined || halves.length > 2) return null;
  const [head, tail] = [parseGroups(halves[0]!), parseGroups(halves[1] ?? '')];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Writes a trailing IPv4 address as the two groups that it stands for. */
function withoutDots(text: string): string | null {
  if (!text.includes('.')) return text;
  const ipv4 = TRAILING_IPV4.exec(text)?.[0] ?? '';
  if (!IPV4.test(ipv4)) return null;
  const [a, b, c, d] = ipv4.split('.').map(Number) as [number, number, number, number];
  return `${text.slice(0, -ipv4.length)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function parseGroups(text: string): number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  return groups.every((group) => GROUP.test(group)) ? groups.map((group) => parseInt(group, 16)) : null;
}

function formatIpv6(groups: readonly number[]): string {
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high, low] = [groups[6]!, groups[7]!];
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const zeros = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (zeros.length < 2) return hex.join(':');
  return `${hex.slice(0, zeros.start).join(':')}::${hex.slice(zeros.start + zeros.length).join(':')}`;
}

/** The longest run of zero groups, the first of several. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i < groups.length; i++) {
    if (groups[i] !== 0) start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  }
  return best;
}
