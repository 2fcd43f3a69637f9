import { expect, it, onTestFinished } from 'vitest';
import { openUdpTransport } from '../../src/transport/udp.js';
import { replicateOver } from './raft-over.js';

it('a Raft cluster elects a leader and replicates over UDP, with a secret', async () => {
  const options = {
    cluster: 'test',
    listen: { host: '127.0.0.1', port: 0 },
    secret: 'a secret of more than sixteen bytes',
    maxDatagramBytes: 65_507, // one message of Raft holds several entries
  };
  const transports = await Promise.all(['a', 'b', 'c'].map((id) => openUdpTransport({ id, ...options })));
  onTestFinished(async () => void (await Promise.all(transports.map((transport) => transport.close()))));
  await replicateOver(transports, { maxAppendBytes: 32_768, snapshotChunkBytes: 32_768 });
  for (const transport of transports) expect(transport.status().refused).toEqual({});
});
