import { describe, expect, it, onTestFinished } from 'vitest';
import { FixedTimeout } from '../../../src/detector/index.js';
import { Heartbeats, type HeartbeatsEvents } from '../../../src/detector/heartbeats.js';
import { openTcpTransport, type TcpTransport } from '../../../src/transport/tcp.js';
import { gpidOf, runOf } from './any-message.js';

/** How long anything here may take: far more than it does. */
const BOUND_MS = 15_000;

interface Member {
  readonly heartbeats: Heartbeats;
  readonly transport: TcpTransport;
}

async function start(id: string, process: number, run: number, address = '127.0.0.1:0'): Promise<Member> {
  const [host, port] = address.split(':');
  const listen = { host: host!, port: Number(port) };
  const reconnect = { reconnectMinMs: 5, reconnectMaxMs: 50 };
  const transport = await openTcpTransport({ id, cluster: 'test', listen, ...reconnect });
  const heartbeats = new Heartbeats({
    transport,
    gpid: gpidOf(process, run),
    intervalMs: 20,
    // Nobody is slow enough for that in a test, however busy the machine is.
    detector: () => new FixedTimeout({ timeoutMs: 5000 }),
    pauseToleranceMs: 5000,
  });
  onTestFinished(async () => {
    await heartbeats.close();
    await transport.close();
  });
  return { heartbeats, transport };
}

function next<Name extends keyof HeartbeatsEvents>({ heartbeats }: Member, name: Name): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const bound = AbortSignal.timeout(BOUND_MS);
    bound.addEventListener('abort', () => reject(new Error(`no event ${name} came`)));
    heartbeats.once(name, (value: unknown) => resolve(value));
  });
}

describe('heartbeats over TCP', () => {
  it('share the connection with the work, know restarts on the same port, lost connections and stops', async () => {
    const a = await start('a', 1, 1);
    const b = await start('b', 2, 1);
    const address = b.transport.address!;
    a.transport.setAddress('b', address);
    b.transport.setAddress('a', a.transport.address);
    a.heartbeats.watch('b');
    b.heartbeats.beatTo('a');
    b.heartbeats.report({ load: 0.5, metadata: { zone: 'x' } });

    expect(await next(a, 'trusted')).toMatchObject({ peer: 'b', run: runOf(2, 1) });
    expect(a.heartbeats.peer('b')).toMatchObject({ load: 0.5, metadata: { zone: 'x' } });
    const work = new Promise(
      (resolve) => void a.transport.channel('work').listen({ message: (_from, value) => resolve(value) }),
    );
    b.transport.channel('work').send('a', 'done');
    expect(await work).toBe('done');
    expect(a.transport.status().peers).toHaveLength(1);

    const lost = next(a, 'suspected');
    await b.heartbeats.close();
    await b.transport.close();
    expect(await lost).toMatchObject({ peer: 'b', reason: 'disconnected' });

    const back = next(a, 'restarted');
    const again = await start('b', 2, 2, address);
    again.heartbeats.beatTo('a');
    expect(await back).toMatchObject({ peer: 'b', run: runOf(2, 2), previous: runOf(2, 1) });

    const suspected: unknown[] = [];
    a.heartbeats.on('suspected', (peer) => suspected.push(peer));
    const stopped = next(a, 'stopped');
    await again.heartbeats.stop();
    await again.heartbeats.close();
    await again.transport.close();
    expect(await stopped).toMatchObject({ peer: 'b', run: runOf(2, 2) });
    expect(a.heartbeats.peer('b')).toMatchObject({ condition: 'stopped' });
    expect(suspected).toEqual([]);
  });
});
