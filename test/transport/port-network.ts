import type { Transport } from 'quorate/core';
import type { TransportNetwork, TransportSupports } from 'quorate/testing';
import { openPortTransport, type MessagePortLike, type PortTransport } from 'quorate/transport/worker';

/** All in one thread, with a pair of ports for each pair of nodes: a port does not know where its other end is. */
export class PortNetwork implements TransportNetwork {
  readonly #adapt: (port: MessagePort) => MessagePortLike;
  readonly #open: PortTransport[] = [];

  constructor(adapt: (port: MessagePort) => MessagePortLike = (port) => port) {
    this.#adapt = adapt;
  }

  open(id: string): Transport {
    const limits = { maxMessageBytes: 2 << 20, maxQueuedBytes: 4 << 20 };
    const transport = openPortTransport({ id, cluster: 'test', ...limits });
    for (const other of this.#open) {
      if (other.id === id) continue;
      const { port1, port2 } = new MessageChannel();
      other.connect(id, this.#adapt(port1));
      transport.connect(other.id, this.#adapt(port2));
    }
    this.#open.push(transport);
    const close = transport.close.bind(transport);
    transport.close = async () => {
      const at = this.#open.indexOf(transport);
      if (at >= 0) this.#open.splice(at, 1);
      await close();
    };
    return transport;
  }
}

/** What the transport over message ports promises, with the limits above. */
export const portSupports: TransportSupports = {
  ordered: true,
  loss: false,
  duplicates: false,
  notices: true,
  addresses: false,
  copies: true,
  checksValues: true,
  queuedMessages: 64,
  reopens: true,
};
