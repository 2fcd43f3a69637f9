import { nanoid } from 'nanoid';
import { compareGpids, formatGpid, messageIds, parseGpid, parseMessageId, type Gpid } from 'quorate/id';
import { v4, v7 } from 'uuid';
import { keep, type Suite, type TimedCase } from '../harness.js';
import { peer } from '../peers.js';

const gpid: Gpid = { ip: '10.0.0.7', port: 4100, startTimeUs: 1_700_000_000_123_456, pid: 4242 };
const gpid6: Gpid = { ...gpid, ip: '2001:db8::7' };

function each(name: string, work: (i: number) => unknown, peerName?: string): TimedCase {
  const run = (iterations: number): void => {
    for (let i = 0; i < iterations; i++) keep(work(i));
  };
  return { name, unit: 'ns/op', run, ...(peerName === undefined ? {} : { peer: peerName }) };
}

const suite: Suite = () => {
  const ids = messageIds(gpid);
  const [text, text6] = [formatGpid(gpid), formatGpid(gpid6)];
  const later = { ...gpid, startTimeUs: gpid.startTimeUs + 1 };
  return [
    each('message id', () => ids.next()),
    each('message id', () => v4(), `${peer('uuid')} v4`),
    each('message id', () => v7(), `${peer('uuid')} v7`),
    each('message id', () => nanoid(), peer('nanoid')),
    // A text put together is joined when it is first read; peers' texts are made in one piece.
    each('message id, and read', () => ids.next().charCodeAt(0)),
    each('message id, parsed', () => parseMessageId(`${text}/17`)),
    each('gpid, formatted', () => formatGpid(gpid)),
    each('gpid, parsed', () => parseGpid(text)),
    each('gpid with IPv6, formatted', () => formatGpid(gpid6)),
    each('gpid with IPv6, parsed', () => parseGpid(text6)),
    each('gpids compared', (i) => compareGpids(i % 2 === 0 ? gpid : later, later)),
  ];
};

export default suite;
