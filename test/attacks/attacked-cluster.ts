import { fork, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isQuorateError, systemClock } from '../../src/core/index.js';
import { openRequests, type Requests } from '../../src/host/index.js';
import type { StreamTransport } from '../../src/transport/tcp.js';
import type { FromServer, ServerSample, ToServer } from '../commands/attack-server.js';
import { openTransport, type TransportChoice } from './attacked-transport.js';

const IDS = ['a', 'b', 'c'];
/** How many puts are under way at a time. */
const CALLERS = 16;
const PUT_BYTES = 128;

/** Three servers as processes, and honest clients that put all the time. */
export class AttackedCluster {
  /** Puts that were acknowledged. */
  acknowledged = 0;
  /** The address of the server that is attacked. */
  readonly address: string;
  readonly #directory: string;
  readonly #servers: readonly ChildProcess[];
  readonly #transport: StreamTransport;
  readonly #requests: Requests;
  #stopped = false;

  private constructor(
    directory: string,
    servers: readonly ChildProcess[],
    addresses: readonly string[],
    transport: StreamTransport,
  ) {
    this.#directory = directory;
    this.#servers = servers;
    this.address = addresses[0]!;
    this.#transport = transport;
    this.#requests = openRequests(transport.channel('put'), { clock: systemClock, timeoutMs: 2000 });
  }

  /**
   * @param script - the server, bundled
   * @param over - what a node talks over
   */
  static async start(
    script: string,
    maxConnections: number,
    over: (id: string) => Promise<TransportChoice>,
  ): Promise<AttackedCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'quorate-attack-'));
    const servers = IDS.map((id) => {
      const args = [id, join(directory, id), String(maxConnections)];
      return fork(script, args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    });
    process.once('exit', () => {
      for (const server of servers) server.kill('SIGKILL');
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    });
    const addresses = await Promise.all(
      servers.map(async (server, i) => {
        server.send({ type: 'listen', over: await over(IDS[i]!) } satisfies ToServer);
        return answer(server, 'listening');
      }),
    );
    const members = Object.fromEntries(IDS.map((id, i) => [id, addresses[i]!.address]));
    for (const server of servers) server.send({ type: 'join', members } satisfies ToServer);
    const transport = await openTransport(
      await over('honest'),
      { id: 'honest', cluster: 'test', addresses: members },
      false,
    );
    await Promise.all(IDS.map((id) => transport.connected(id)));
    const cluster = new AttackedCluster(
      directory,
      servers,
      addresses.map(({ address }) => address),
      transport,
    );
    for (let caller = 0; caller < CALLERS; caller++) void cluster.#put(caller);
    return cluster;
  }

  /** How the server that is attacked is; rejects when any has failed. */
  async sample(): Promise<ServerSample> {
    const dead = this.#servers.findIndex(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
    if (dead >= 0) throw new Error(`server ${IDS[dead]} is dead`);
    const told = answer(this.#servers[0]!, 'sample');
    this.#servers[0]!.send({ type: 'sample' } satisfies ToServer);
    return (await told).sample;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#requests.close();
    await this.#transport.close();
    for (const server of this.#servers) server.kill('SIGKILL');
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Puts again and again, on the server that took the last one, else on the next. */
  async #put(caller: number): Promise<void> {
    const body = new Uint8Array(PUT_BYTES).fill(caller);
    for (let at = caller; !this.#stopped;) {
      try {
        await this.#requests.request(IDS[at % IDS.length]!, body);
        this.acknowledged++;
      } catch (error) {
        if (!isQuorateError(error)) throw error;
        at++;
        await new Promise<void>((resolve) => void systemClock.after(10, resolve));
      }
    }
  }
}

type Told<T extends FromServer['type']> = Extract<FromServer, { type: T }>;

/** The next message of that type from a server; rejects when it fails, ends, or says nothing for long. */
function answer<T extends FromServer['type']>(server: ChildProcess, type: T): Promise<Told<T>> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      cancel();
      server.off('message', hear);
      server.off('exit', onExit);
      settle();
    };
    const hear = (message: FromServer): void => {
      if (message.type === type) end(() => resolve(message as Told<T>));
      else if (message.type === 'failed') end(() => reject(new Error(message.message)));
    };
    const onExit = (): void => end(() => reject(new Error('a server ended')));
    const cancel = systemClock.after(20_000, () => end(() => reject(new Error(`no ${type} within 20 s`))));
    server.on('message', hear);
    server.once('exit', onExit);
  });
}
