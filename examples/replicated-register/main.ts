/**
 * A register on five replicas, of which a majority suffices: while one is down, and after a writer died in the middle of
 * a write, reads never go back to what was there before.
 */
import { systemClock, type NodeId } from 'quorate/core';
import { openRequests } from 'quorate/host';
import { gather, majority, readRepair, readWrite } from 'quorate/quorum';
import { MemoryNetwork } from 'quorate/transport/memory';
import { compare, parseVersion, Replica, type Query, type Version } from './replica.js';

const REPLICAS = ['a', 'b', 'c', 'd', 'e'];
const CHANNEL = 'register';
const clock = systemClock;
const servers = majority(REPLICAS);
const systems = readWrite({ read: servers, write: servers });

const network = new MemoryNetwork();
const replicas = new Map(REPLICAS.map((id): [NodeId, Replica] => [id, new Replica()]));
const served = [...replicas].map(([id, replica]) => {
  const handler = (body: unknown): unknown => replica.handle(body);
  return openRequests(network.transport(id).channel(CHANNEL), { clock, handler });
});
const requests = openRequests(network.transport('client').channel(CHANNEL), { clock });

const ask = (member: NodeId, query: Query, signal: AbortSignal): Promise<unknown> =>
  requests.request(member, query, { signal });
const readFrom = async (member: NodeId, signal: AbortSignal): Promise<Version> =>
  parseVersion(await ask(member, { op: 'read' }, signal));
const writeTo = (member: NodeId, version: Version, signal: AbortSignal): Promise<unknown> =>
  ask(member, { op: 'write', version }, signal);

/** The newest value, which a majority has when this returns. */
async function read(): Promise<{ readonly value: Version; readonly repaired: readonly NodeId[] }> {
  return readRepair({ clock, systems, read: readFrom, write: writeTo, compare, hedgeAfterMs: 50 });
}

/** Writes a version above all that a majority has. */
async function write(writer: string, value: string): Promise<void> {
  const { yes } = await gather(readFrom, systems.read, { clock });
  const number = Math.max(...[...yes.values()].map((version) => version.number)) + 1;
  const version = { number, writer, value };
  await gather((member, signal) => writeTo(member, version, signal), systems.write, { clock });
}

/** What each replica has. */
const held = (): string => [...replicas].map(([id, { version }]) => `${id}: ${version.value}`).join(', ');

await write('alice', 'red');
console.log(`alice wrote red:         ${held()}`);

network.disconnect('client', 'e');
await write('bob', 'green');
console.log(`e down, bob wrote green: ${held()}`);

const { number } = (await read()).value;
await writeTo('a', { number: number + 1, writer: 'carol', value: 'blue' }, new AbortController().signal);
console.log(`carol died at blue:      ${held()}`);

const first = await read();
console.log(`a read finds ${first.value.value}:       ${held()} (repaired ${first.repaired.join(', ')})`);

network.disconnect('client', 'a');
network.connect('client', 'e');
const second = await read();
console.log(`a down instead, ${second.value.value}:    ${held()} (repaired ${second.repaired.join(', ')})`);

await requests.close();
for (const server of served) await server.close();
process.exitCode = first.value.value === 'blue' && second.value.value === 'blue' ? 0 : 1;
