/**
 * One member: a process of its own that beats to the monitor, over the connection that its work would use, and says how
 * busy it is. The monitor (member-process.ts) starts it and talks to it through the IPC channel.
 */
import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { isQuorateError } from 'quorate/core';
import { Heartbeats } from 'quorate/detector/heartbeats';
import { formatGpid } from 'quorate/id';
import { localGpid } from 'quorate/id/node';
import { openTcpTransport } from 'quorate/transport/tcp';
import { CLUSTER, HOST, MONITOR, portOf, type FromMember, type MemberOptions, type ToMember } from './protocol.js';

const WORK_EVERY_MS = 100;
const LOAD_EVERY_MS = 500;

/** What is to be done when it leaves. */
let leave = async (): Promise<void> => {};

async function start({ id, port, monitor, intervalMs, workMs }: MemberOptions): Promise<void> {
  const transport = await openTcpTransport({
    id,
    cluster: CLUSTER,
    listen: { host: HOST, port },
    addresses: { [MONITOR]: monitor },
    incarnation: formatGpid(localGpid({ ip: HOST, port })),
  });
  const gpid = localGpid({ ip: HOST, port: portOf(transport.address!) });
  const heartbeats = new Heartbeats({ transport, gpid, intervalMs });
  heartbeats.on('error', fail);
  heartbeats.beatTo(MONITOR);
  const timers = [reportLoad(heartbeats), setInterval(() => work(workMs), WORK_EVERY_MS)];
  leave = async () => {
    for (const timer of timers) clearInterval(timer);
    await heartbeats.stop();
    await heartbeats.close();
    await transport.close();
  };
  tell({ type: 'started', port: gpid.port, run: formatGpid(gpid) });
}

/** The load is the part of the time for which the event loop was busy. */
function reportLoad(heartbeats: Heartbeats): NodeJS.Timeout {
  let before = performance.eventLoopUtilization();
  return setInterval(() => {
    const now = performance.eventLoopUtilization();
    heartbeats.report({ load: performance.eventLoopUtilization(now, before).utilization });
    before = now;
  }, LOAD_EVERY_MS);
}

/** Work that leaves nobody else a turn. */
function work(ms: number): void {
  const end = performance.now() + ms;
  for (let block = Buffer.alloc(1024); performance.now() < end;) {
    block = Buffer.concat([createHash('sha256').update(block).digest(), block.subarray(0, 992)]);
  }
}

function tell(message: FromMember, told = (): void => {}): void {
  if (process.connected) process.send!(message, told);
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  tell({ type: 'failed', message, code: isQuorateError(error) ? error.code : 'internal' }, () => process.exit(1));
}

async function obey(message: ToMember): Promise<void> {
  switch (message.type) {
    case 'start':
      return await start(message);
    case 'work':
      return tell({ type: 'working' }, () => work(message.ms));
    case 'leave':
      await leave();
      return process.exit(0);
  }
}

process.on('message', (message) => void obey(message as ToMember).catch(fail));
process.on('disconnect', () => process.exit(1)); // the monitor is gone, perhaps killed: do not outlive it
process.on('SIGINT', () => {}); // Ctrl-C reaches every process of the terminal; the monitor sees to the end of this one
if (!process.connected) process.exit(1);
