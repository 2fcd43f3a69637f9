import { codec, core, hashing, id, quorum, raft } from 'quorate';
import { MemoryJournal } from 'quorate/storage/memory';
import { VirtualClock } from 'quorate/testing';
import { MemoryNetwork } from 'quorate/transport/memory';
import { scenarioOf } from '../raft/raft-scenario.js';
import { runScenario } from '../raft/raft-simulation.js';

/** What the program finds out, as plain data: the same in Node, in a page and in a worker. */
export interface Findings {
  readonly traces: readonly number[];
  readonly committed: number;
  readonly answers: readonly string[];
  readonly applied: readonly string[][];
  readonly gpid: string;
  readonly hash: string;
  readonly decoded: unknown;
  readonly refused: string;
  readonly elected: string;
  readonly systemClockWorks: boolean;
}

/** Uses everything that is meant to run anywhere. */
export async function findOut(): Promise<Findings> {
  const runs = [1, 2, 3, 4, 5].map((seed) => runScenario(scenarioOf({ seed }), raft));
  const cluster = await replicate(['one', 'two', 'three']);
  const messages = codec.messagePackCodec();
  return {
    traces: runs.map((run) => run.trace),
    committed: runs.reduce((sum, run) => sum + run.committed, 0),
    ...cluster,
    gpid: id.formatGpid(id.parseGpid('10.0.0.1:4100:1700000000000000:42')),
    hash: hashing.hashKey128('quorate'),
    decoded: messages.decode(messages.encode({ text: 'ü', bytes: Uint8Array.of(1, 2), list: [null, true, 1.5] })),
    refused: refusalOf(() => messages.decode(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff))),
    elected: quorum.tally(quorum.majority(['a', 'b', 'c']), { a: true, c: true }),
    systemClockWorks: await ticks(),
  };
}

function refusalOf(call: () => unknown): string {
  try {
    call();
    return 'none';
  } catch (error) {
    return core.isQuorateError(error) ? error.code : String(error);
  }
}

function ticks(): Promise<boolean> {
  const before = core.systemClock.now();
  return new Promise((resolve) => core.systemClock.after(1, () => resolve(core.systemClock.now() > before)));
}

/** Three nodes on virtual time replicate lines. */
async function replicate(lines: readonly string[]): Promise<{ answers: string[]; applied: string[][] }> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ latencyMs: 1, clock });
  const members = { a: null, b: null, c: null };
  const replicas = await Promise.all(
    Object.keys(members).map(async (name) => {
      const applied: string[] = [];
      const stateMachine = {
        apply: (commands: readonly { readonly data: Uint8Array }[]) =>
          commands.map(({ data }) => `${applied.push(new TextDecoder().decode(data))}`),
        snapshot: () => [],
        restore: () => {},
      };
      const transport = network.transport(name);
      const options = { transport, journal: new MemoryJournal(), stateMachine, members, clock, seed: 1 };
      return { node: await raft.RaftNode.open(options), applied };
    }),
  );
  await clock.run(5000);
  const leader = replicas.find(({ node }) => node.status().role === 'leader')!.node;
  const answers = Promise.all(lines.map((line) => leader.propose(new TextEncoder().encode(line))));
  await clock.run(500);
  const result = { answers: await answers, applied: replicas.map(({ applied }) => applied) };
  for (const { node } of replicas) await node.close();
  return result;
}
