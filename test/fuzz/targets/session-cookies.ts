import { RoundRobin } from '../../../src/balancer/index.js';
import { CookieSessions, type CookieMode } from '../../../src/balancer/layers.js';
import { hmacSigner } from '../../../src/balancer/node.js';
import type { Random } from '../random.js';
import { ensure, ensureSame, type Target } from '../target.js';

const NODES = ['a', '10.0.0.1:80', '[fd00::1]:80'];
const NOW = 1_700_000_000_000;
const signer = hmacSigner('a secret of some thirty-two bytes');
const MODES: readonly CookieMode[] = ['insert', 'rewrite', 'prefix'];

function sessionsOf(mode: CookieMode, signed: boolean): CookieSessions {
  const expiry = signed && mode === 'insert' && { maxIdleMs: 60_000, maxLifeMs: 3_600_000 };
  return new CookieSessions(new RoundRobin(NODES), {
    name: 'S',
    mode,
    wall: () => NOW,
    ...(signed && { signer }),
    ...expiry,
  });
}

/** A field as a user agent would send it that was given cookies of all modes. */
function cookieField(random: Random): string {
  const cookie = (): string => {
    if (random.oneIn(4)) return `x=${random.name(20)}`;
    const { respond } = sessionsOf(random.pick(MODES), random.oneIn(2)).pick();
    const [set] = respond(['S=value; Path=/'], random.pick(NODES));
    return set!.split(';')[0]!;
  };
  return [cookie(), ...random.list(3, cookie)].join('; ');
}

/** `Cookie` and `Set-Cookie` fields of sessions, in all modes. Accepted is what names a node without a signature. */
export const sessionCookies: Target = {
  name: 'session-cookies',
  valid: (random) => Uint8Array.from(Buffer.from(cookieField(random), 'latin1')),
  check(input) {
    const text = Buffer.from(input).toString('latin1');
    let accepted = false;
    for (const mode of MODES)
      for (const signed of [false, true]) {
        const sessions = sessionsOf(mode, signed);
        const { lease, forward, respond } = sessions.pick(undefined, text);
        if (!signed) accepted ||= sessions.status().kept === 1;
        ensure((forward ?? '').length <= text.length, 'more is passed on than came');
        if (mode === 'insert') ensure(!/(^|;)\s*S\s*=/.test(forward ?? ''), 'the cookie is passed on');
        if (mode === 'rewrite') ensureSame('what is passed on', text, forward);
        const given = respond([text]);
        if (mode !== 'insert') ensure(given.length === 1, 'a field is lost, or added');
        const back = given.find((field) => /^\s*S\s*=/.test(field))?.split(';')[0];
        if (back !== undefined)
          ensureSame('back at the same node', lease.node, sessions.pick(undefined, back).lease.node);
      }
    return accepted ? 'accepted' : 'rejected';
  },
};
