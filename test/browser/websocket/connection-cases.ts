import { holds, same } from '../../../src/testing/conformance/case.js';
import type { Watch } from '../../../src/testing/conformance/watch.js';
import type { PlatformWebSocket, WebSocketConstructor } from 'quorate/transport/websocket';
import type { WebSocketBench } from './bench.js';
import type { WebSocketCases } from './cases.js';
import { PATIENCE_MS } from './control.js';
import { NODE } from './settings.js';

/** The `readyState` of a WebSocket that is closed. */
const CLOSED = 3;

const MANY = 1000;

/** How connections come and go. */
export const connectionCases: WebSocketCases = {
  'connects, and both sides are told': connects,
  'is connected again after the connection was cut': afterCut,
  'is connected again after the node was started anew': afterRestart,
  'leaves nothing open when it closes, and nothing of what it took is lost': closes,
  'leaves nothing open when it closes while it dials': closesWhileDialing,
  'tells of an address that the platform does not dial': forbidden,
};

async function connects(bench: WebSocketBench): Promise<void> {
  const client = await bench.connect();
  const watch = bench.watch(client, 'echo');
  await watch.noticed(`${NODE} up`);
  same('the address of a client', client.address, null);
  same('whether the node is connected', client.status().peers[0]?.connected, true);
  await bench.control.until('the client to be connected', ({ connected }) => connected.includes(client.id));
}

async function afterCut(bench: WebSocketBench): Promise<void> {
  await returns(bench, () => bench.control.cut());
}

async function afterRestart(bench: WebSocketBench): Promise<void> {
  await returns(bench, () => bench.control.restart());
}

async function returns(bench: WebSocketBench, disturb: () => Promise<void>): Promise<void> {
  const client = await bench.connect();
  const watch = bench.watch(client, 'echo');
  await exchange(watch, () => client.channel('echo').send(NODE, 'before'), 1);
  await disturb();
  await watch.until('to be connected again', () => watch.notices.length >= 3);
  await exchange(watch, () => client.channel('echo').send(NODE, 'after'), 2);
  same('the messages', watch.contents, ['before', 'after']);
  same('the notices', watch.notices, [`${NODE} up`, `${NODE} down`, `${NODE} up`]);
}

async function exchange(watch: Watch, send: () => boolean, messages: number): Promise<void> {
  holds(send(), 'send to a connected node to return true');
  await watch.count(messages);
}

async function closes(bench: WebSocketBench): Promise<void> {
  const sockets: PlatformWebSocket[] = [];
  const client = await bench.connect({ WebSocket: remembered(bench, sockets), closeGraceMs: PATIENCE_MS });
  const watch = bench.watch(client, 'echo');
  await watch.noticed(`${NODE} up`);
  for (let i = 0; i < MANY; i++) holds(client.channel('echo').send(NODE, i), 'send to return true');
  await client.close();
  same('the states of its WebSockets', sockets.map(stateOf), [CLOSED]);
  same('the last notice', watch.notices.at(-1), `${NODE} down`);
  holds(!client.channel('echo').send(NODE, 'late'), 'send after close to return false');
  await bench.control.until('all messages to be there', ({ echoed }) => echoed[client.id] === MANY);
  await bench.control.until('the client to be gone', ({ connected }) => !connected.includes(client.id));
  await bench.control.until('no socket to be open', (status) => status.sockets === 0);
  same('how often it dialed', sockets.length, 1);
}

async function closesWhileDialing(bench: WebSocketBench): Promise<void> {
  const sockets: PlatformWebSocket[] = [];
  const addresses = { [NODE]: bench.settings.addressWithoutPages }; // which lets nobody in
  const told: unknown[] = [];
  const client = await bench.open({
    ...{ addresses, WebSocket: remembered(bench, sockets), reconnectMinMs: 1, reconnectMaxMs: 1 },
    onRefused: (error) => told.push(error.code),
  });
  await bench.control.until('it to dial', () => sockets.length >= 3);
  await client.close();
  const { length } = sockets;
  await bench.control.until('its WebSockets to be closed', () => sockets.every((socket) => stateOf(socket) === CLOSED));
  for (let turn = 0; turn < 5; turn++) await bench.control.status(); // time to dial again, had it not stopped
  same('how often it dialed after it was closed', sockets.length - length, 0);
  same('what it was told', told, ['dial-failed']);
}

/** Browsers dial no port that other protocols use, such as 1. */
async function forbidden(bench: WebSocketBench): Promise<void> {
  const error = await bench.refusal({ addresses: { [NODE]: 'ws://127.0.0.1:1/' } });
  same('the code', error.code, 'dial-failed');
}

/** What a client of this bench dials with, which remembers its WebSockets. */
function remembered({ dialer }: WebSocketBench, sockets: PlatformWebSocket[]): WebSocketConstructor {
  const Base: WebSocketConstructor = dialer.WebSocket ?? WebSocket;
  return class extends Base {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  };
}

function stateOf(socket: PlatformWebSocket): number {
  return (socket as PlatformWebSocket & { readonly readyState: number }).readyState;
}
