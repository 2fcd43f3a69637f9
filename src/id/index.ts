/**
 * Names that never repeat: the gpid, which names one run of one process, and message ids, which are a gpid and a counter.
 * No server, no coordination, no state on disk. `quorate/id/node` has the gpid of the running process.
 *
 * @module id
 */
export { compareGpids, formatGpid, isRestartOf, parseGpid } from './gpid.js';
export type { Gpid } from './gpid.js';
export { canonicalIp } from './ip.js';
export { compareMessageIds, formatMessageId, messageIds, parseMessageId } from './message-id.js';
export type { MessageId, MessageIds, MessageIdsOptions } from './message-id.js';
