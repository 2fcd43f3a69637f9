import { systemClock, type Transport } from 'quorate/core';
import { openRequests, RequestError, type RequestHandler } from 'quorate/host';
import {
  openWebSocketTransport,
  type WebSocketListen,
  type WebSocketTransport,
} from 'quorate/transport/websocket/node';
import { Relay } from '../../transport/relay.js';
import { CLUSTER, NODE, SECRET, type NodeStatus } from './settings.js';

const FREE_PORT = { host: '127.0.0.1', port: 0 };

/** The nodes that the WebSocket cases dial. */
export class NodeSide {
  readonly #origins: readonly string[];
  readonly #relay: Relay;
  readonly #withoutPages: WebSocketTransport;
  readonly #echoed: Record<string, number> = {};
  #node: WebSocketTransport;

  private constructor(
    origins: readonly string[],
    node: WebSocketTransport,
    relay: Relay,
    withoutPages: WebSocketTransport,
  ) {
    this.#origins = origins;
    this.#node = node;
    this.#relay = relay;
    this.#withoutPages = withoutPages;
    this.#echo();
  }

  /** @param origin - of the pages that may connect */
  static async open(origin: string): Promise<NodeSide> {
    const node = await openNode(FREE_PORT, [origin]);
    const relay = await Relay.open(new URL(node.address!).host);
    return new NodeSide([origin], node, relay, await openNode(FREE_PORT, []));
  }

  get address(): string {
    return `ws://${this.#relay.address}/`;
  }

  get addressWithoutPages(): string {
    return this.#withoutPages.address!;
  }

  status(): NodeStatus {
    const { peers, refused } = this.#node.status();
    return {
      connected: peers.filter(({ connected }) => connected).map(({ id }) => id),
      refused,
      refusedWithoutPages: this.#withoutPages.status().refused,
      echoed: this.#echoed,
      sockets: this.#relay.sockets,
    };
  }

  cut(): void {
    this.#relay.cut();
  }

  async restart(): Promise<void> {
    const { hostname, port } = new URL(this.#node.address!);
    await this.#node.close();
    this.#node = await openNode({ host: hostname, port: Number(port) }, this.#origins);
    this.#echo();
  }

  async close(): Promise<void> {
    await Promise.all([this.#node.close(), this.#withoutPages.close()]);
    await this.#relay.close();
  }

  /** The node sends back what comes. */
  #echo(): void {
    const channel = this.#node.channel('echo');
    channel.listen({
      message: (from, message) => {
        this.#echoed[from] = (this.#echoed[from] ?? 0) + 1;
        channel.send(from, message);
      },
    });
  }
}

async function openNode(listen: WebSocketListen, origins: readonly string[]): Promise<WebSocketTransport> {
  const node = await openWebSocketTransport({ id: NODE, cluster: CLUSTER, secret: SECRET, listen, origins });
  echoNumbers(node);
  serve(node);
  return node;
}

/** Sends back the number of each message. */
function echoNumbers(node: Transport): void {
  const numbers = node.channel('numbers');
  numbers.listen({ message: (from, message) => void numbers.send(from, (message as { number: number }).number) });
}

function serve(node: Transport): void {
  const handler: RequestHandler = (body, { from }) => {
    const { type, value } = body as { readonly type: string; readonly value: unknown };
    if (type === 'double') return (value as number) * 2;
    if (type === 'ask back') return requests.request(from, value);
    if (type === 'refuse') throw new RequestError('not-now', 'asked to refuse', { details: value });
    return new Promise(() => {}); // is never answered
  };
  const requests = openRequests(node.channel('requests'), { clock: systemClock, handler });
}
