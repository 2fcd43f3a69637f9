import { describe } from 'vitest';
import { transportCases } from '../../src/testing/index.js';
import type { MessagePortLike, PortTransport } from '../../src/transport/worker.js';
import { runCases } from '../testing/conformance/run-cases.js';
import { PortNetwork, portSupports } from './port-network.js';
import { transportSuite } from './transport-suite.js';

/** The port as one of a browser, which knows events and nothing else of Node. */
function asInBrowsers(port: MessagePort): MessagePortLike {
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer),
    addEventListener: (event, listener) => port.addEventListener(event, listener),
    removeEventListener: (event, listener) => port.removeEventListener(event, listener),
    start: () => port.start(),
    close: () => port.close(),
  };
}

describe.each<[string, (port: MessagePort) => MessagePortLike]>([
  ['as they are', (port) => port],
  ['as browsers have them', asInBrowsers],
])('the transport over message ports %s', (_where, adapt) => {
  runCases(transportCases({ network: () => new PortNetwork(adapt) }, portSupports));
});

let network = new PortNetwork();
let open: PortTransport[] = [];
transportSuite('message ports', {
  async open(id) {
    const transport = network.open(id) as PortTransport;
    open.push(transport);
    return transport;
  },
  async settle() {
    await Promise.all(open.flatMap((a) => open.filter((b) => a !== b).map((b) => a.connected(b.id))));
  },
  async reset() {
    await Promise.all(open.map((transport) => transport.close()));
    network = new PortNetwork();
    open = [];
  },
});
