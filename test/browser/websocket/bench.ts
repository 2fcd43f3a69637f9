import { systemClock, type NodeId, type QuorateError, type Transport } from 'quorate/core';
import {
  openWebSocketTransport,
  type StreamTransport,
  type WebSocketTransportOptions,
} from 'quorate/transport/websocket';
import { Watch } from '../../../src/testing/conformance/watch.js';
import { Control, PATIENCE_MS } from './control.js';
import { CLUSTER, NODE, SECRET, type Dialer, type WebSocketSettings } from './settings.js';

/** Each client has an id of its own, so that the node does not take it for an earlier one. */
let clients = 0;

/** The clients of one case, and what the cases have in common. */
export class WebSocketBench {
  readonly settings: WebSocketSettings;
  readonly dialer: Dialer;
  readonly control: Control;
  readonly #opened: Transport[] = [];

  constructor(settings: WebSocketSettings, dialer: Dialer) {
    this.settings = settings;
    this.dialer = dialer;
    this.control = new Control(settings.origin);
  }

  /** Opens a client that dials the node, unless the options say otherwise. */
  async open(options: Partial<WebSocketTransportOptions> = {}): Promise<StreamTransport> {
    const client = await openWebSocketTransport({
      id: `client-${++clients}`,
      cluster: CLUSTER,
      secret: SECRET,
      addresses: { [NODE]: this.settings.address },
      reconnectMinMs: 20,
      ...this.dialer,
      ...options,
    });
    this.#opened.push(client);
    return client;
  }

  /** Opens a client that is connected with the node. */
  async connect(options: Partial<WebSocketTransportOptions> = {}): Promise<StreamTransport> {
    const client = await this.open(options);
    await client.connected(NODE, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return client;
  }

  /** Opens a client that is refused, and resolves with what it is told first. */
  async refusal(options: Partial<WebSocketTransportOptions>): Promise<QuorateError> {
    return new Promise((resolve, reject) => {
      const cancel = systemClock.after(PATIENCE_MS, () => reject(new Error('expected to be told of a refusal')));
      const onRefused = (error: QuorateError): void => {
        cancel();
        resolve(error);
      };
      this.open({ ...options, onRefused }).catch(reject);
    });
  }

  /** Listens to a channel. */
  watch(client: Transport, channel: string, onMessage?: (from: NodeId, message: unknown) => void): Watch {
    return new Watch(client.channel(channel), { clock: systemClock, timeoutMs: PATIENCE_MS }, onMessage);
  }

  /** Closes everything. */
  async end(): Promise<void> {
    await Promise.all(this.#opened.map((client) => client.close()));
  }
}
