import { MalformedError } from '../../core/index.js';

const TPKT_VERSION = 3;
const TPKT_BYTES = 4;
const CONNECTION_REQUEST = 0xe;
/** Before what a connection request carries. */
const FIXED_BYTES = 11;
/** The length indicator of X.224 counts what follows it, up to 254. */
const MAX_BYTES = 259; // TPKT_BYTES + 1 + 254: a sum would stay in every bundle

/**
 * The cookie that a client of the Remote Desktop Protocol sends in its first packet (`Cookie: mstshash=IDENTIFIER`, MS-RDPBCGR
 * 2.2.1.1), as a key that brings a user back to the host of the session: HAProxy's `balance rdp-cookie`. `'incomplete'` while
 * more of the packet is needed, 259 bytes at most; `cookie` is `null` when it carries none of that name. The packet is still
 * to be passed on.
 *
 * Clients send as much of a user's name as they like (some only nine characters), or nothing. Each byte is a character.
 *
 * @param name - whatever its case, as for HAProxy. Hosts that redirect clients let them send `msts`. @defaultValue 'mstshash'
 * @throws MalformedError when it is no connection request, or its cookie does not end: as soon as that is certain
 */
export function rdpCookie(bytes: Uint8Array, name = 'mstshash'): { readonly cookie: string | null } | 'incomplete' {
  const [version = TPKT_VERSION, , high, low, indicator, type] = bytes;
  if (version !== TPKT_VERSION) throw malformed('its first byte is not 3');
  if (high === undefined || low === undefined) return 'incomplete';
  const length = high * 256 + low;
  if (length < FIXED_BYTES || length > MAX_BYTES) throw malformed(`its length is ${length}`);
  if (indicator !== undefined && indicator !== length - TPKT_BYTES - 1) throw malformed('its lengths contradict');
  if (type !== undefined && type >> 4 !== CONNECTION_REQUEST) throw malformed('it is of another type');
  if (bytes.length < length) return 'incomplete';

  const text = String.fromCharCode(...bytes.subarray(FIXED_BYTES, length));
  if (!/^cookie:/i.test(text)) return { cookie: null };
  const end = text.indexOf('\r\n');
  if (end === -1) throw malformed('its cookie does not end');
  const [, key, cookie] = /^cookie:[ \t]*([^= \t]+)=([^]*)$/i.exec(text.slice(0, end)) ?? [];
  return { cookie: key?.toLowerCase() === name.toLowerCase() ? cookie! : null };
}

function malformed(what: string): MalformedError {
  return new MalformedError(`no connection request of X.224: ${what}`);
}
