import type { Mutant } from '../../../mutants.js';

const cookies = 'test/balancer/layers/sessions/cookie-sessions.test.ts';
const table = 'test/balancer/layers/sessions/session-table.test.ts';

/** Bugs that sticky sessions have had, or might. Each must be found by its suite. */
export const sessionMutants: readonly Mutant[] = [
  {
    name: 'a session is idle from when it began',
    suite: table,
    file: 'balancer/layers/sessions/session-list.ts',
    find: '    session.usedAt = usedAt;\n',
    replace: '',
  },
  {
    name: 'the session that came first is forgotten first, however often it is used',
    suite: table,
    file: 'balancer/layers/sessions/session-list.ts',
    find: '    unlink(session);\n    session.older = this.#end.older;\n    session.newer = this.#end;\n    link(session);\n',
    replace: '',
  },
  {
    name: 'a session that moves still counts where it was',
    suite: table,
    file: 'balancer/layers/sessions/session-table.ts',
    find: '    this.#count(session.node, -1);\n    session.node = node;',
    replace: '    session.node = node;',
  },
  {
    name: 'a session moves on with each request while its node is down',
    suite: table,
    file: 'balancer/layers/sessions/session-table.ts',
    find: '    session.node = node;\n',
    replace: '',
  },
  {
    name: 'a node that drains loses its sessions',
    suite: 'test/balancer/layers/sessions/draining.test.ts',
    file: 'balancer/members.ts',
    find: 'return member?.available ?',
    replace: 'return member?.available && member.weight > 0 ?',
  },
  {
    name: 'hashing gives new requests to a node that drains',
    suite: 'test/balancer/layers/sessions/draining.test.ts',
    file: 'balancer/consistent-hashing.ts',
    find: 'return member !== undefined && member.weight > 0 ? member : undefined;',
    replace: 'return member;',
  },
  {
    name: 'a signature is good for cookies of every name',
    suite: cookies,
    file: 'balancer/layers/sessions/cookie-sessions.ts',
    find: 'purpose: `quorate ${mode} ${name}`',
    replace: "purpose: 'quorate'",
  },
  {
    name: 'dates are not signed',
    suite: cookies,
    file: 'balancer/layers/sessions/cookie-token.ts',
    find: 'return `${this.#purpose}=${text}`;',
    replace: 'return `${this.#purpose}=${text.split("|", 1).join()}`;',
  },
  {
    name: 'what comes from the future lasts until then',
    suite: cookies,
    file: 'balancer/layers/sessions/cookie-sessions.ts',
    find: 'Math.abs(now - lastUsed * 1000)',
    replace: '(now - lastUsed * 1000)',
  },
  {
    name: 'each request begins the life anew',
    suite: cookies,
    file: 'balancer/layers/sessions/cookie-sessions.ts',
    find: 'began: found?.began ?? lastUsed',
    replace: 'began: lastUsed',
  },
  {
    name: 'a prefix that is no good any more goes to the application',
    suite: cookies,
    file: 'balancer/layers/sessions/cookie-sessions.ts',
    find: '!this.#tokens.isToken(split.token)',
    replace: 'this.#tokens.parse(split.token) === undefined',
  },
  {
    name: 'a cookie that is no good hides the one behind it',
    suite: cookies,
    file: 'balancer/layers/sessions/cookie-sessions.ts',
    find: '      if (found !== undefined) return found;\n',
    replace: '      return found;\n',
  },
  {
    name: 'a session that has moved goes back to the client as it came',
    suite: cookies,
    file: 'balancer/layers/sessions/cookie-sessions.ts',
    find: 'if (found?.node === node && !stale) return others;',
    replace: 'if (found !== undefined && !stale) return others;',
  },
  {
    name: 'a secret before is not good any more',
    suite: 'test/balancer/node.test.ts',
    file: 'balancer/node.ts',
    find: 'return keys.some((one) => {',
    replace: 'return keys.slice(0, 1).some((one) => {',
  },
];
