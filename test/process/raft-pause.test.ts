import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../storage/temporary-place.js';
import { startKvCluster } from './kv-cluster.js';
import { KvClients } from './kv-clients.js';
import { pause } from './pause.js';

it(
  'a leader that SIGSTOP stops is replaced, and answers nothing stale after SIGCONT, but follows',
  { timeout: 60_000 },
  async () => {
    const cluster = await startKvCluster(await temporaryDirectory());
    const clients = await KvClients.open(cluster.addresses);
    onTestFinished(() => clients.close());
    const old = await clients.leaderAfter(0);
    await clients.morePuts(50);

    const goOn = await pause(cluster.pids[old.node]!);
    onTestFinished(goOn);
    const next = await clients.leaderAfter(old.term);
    expect(next.node).not.toBe(old.node);
    await clients.morePuts(50);
    // Those that came last began after puts that the next leader has acknowledged.
    const waiting = clients.waitingFor(old.node);
    expect(waiting.length).toBeGreaterThan(20);
    await goOn();
    await Promise.all(waiting);
    await clients.follower(old.node, next);
    await clients.morePuts(50);

    const { linearizable, checked } = await clients.finish();
    expect({ linearizable, enough: checked > 200 }).toEqual({ linearizable: true, enough: true });
  },
);
