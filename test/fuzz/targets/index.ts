import type { Target } from '../target.js';
import { anchorState, mementoState } from './bucket-state.js';
import { certificateNames } from './certificate.js';
import { forwardedFields, proxyHeader, proxyList, rdpCookies, requestKeys } from './client-keys.js';
import { commandLine } from './command-line.js';
import { datagram } from './datagram.js';
import { frames } from './frames.js';
import { handshake } from './handshake.js';
import { heartbeats } from './heartbeats.js';
import { journalFiles, journalSegment } from './journal.js';
import { messagepack } from './messagepack.js';
import { raftMachine } from './raft-machine.js';
import { raftMessageBytes, raftMessageValue } from './raft-message.js';
import { raftRecord, raftSnapshot } from './raft-storage.js';
import { history, recording } from './recordings.js';
import { requests } from './requests.js';
import { secretHandshake } from './secret-handshake.js';
import { sessionCookies } from './session-cookies.js';
import { shardMap } from './shard-map.js';
import { stream } from './stream.js';
import { address, gpid, ip, messageId } from './texts.js';
import { upgrade } from './upgrade.js';
import { workerHello, workerPacket } from './worker-packet.js';

/** All that takes bytes or values from outside, by name. */
export const targets: ReadonlyMap<string, Target> = new Map(
  [
    messagepack,
    frames,
    handshake,
    secretHandshake,
    stream,
    upgrade,
    datagram,
    workerPacket,
    workerHello,
    requests,
    raftMessageBytes,
    raftMessageValue,
    raftMachine,
    heartbeats,
    raftRecord,
    raftSnapshot,
    journalSegment,
    journalFiles,
    recording,
    history,
    gpid,
    messageId,
    ip,
    address,
    certificateNames,
    commandLine,
    shardMap,
    mementoState,
    anchorState,
    proxyHeader,
    rdpCookies,
    forwardedFields,
    proxyList,
    requestKeys,
    sessionCookies,
  ].map((target) => [target.name, target]),
);
