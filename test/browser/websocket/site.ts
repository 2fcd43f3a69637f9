import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NodeSide } from './node-side.js';
import type { NodeStatus, Order, WebSocketSettings } from './settings.js';

const PAGE = '<!doctype html><title>quorate</title>';

/** Serves an empty page from a free port of loopback, where browsers have cryptography, and runs the nodes that it dials. */
export class Site {
  readonly settings: WebSocketSettings;
  readonly #server: Server;
  readonly #nodes: NodeSide;

  private constructor(server: Server, origin: string, nodes: NodeSide) {
    this.#server = server;
    this.#nodes = nodes;
    this.settings = { origin, address: nodes.address, addressWithoutPages: nodes.addressWithoutPages };
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async open(): Promise<Site> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new Site(server, origin, await NodeSide.open(origin));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await Promise.all([closed, this.#nodes.close()]);
  }

  async #answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      return;
    }
    try {
      const status = await this.#carryOut(url!.slice(1) as Order);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }

  async #carryOut(order: Order): Promise<NodeStatus> {
    if (order === 'cut') this.#nodes.cut();
    if (order === 'restart') await this.#nodes.restart();
    return this.#nodes.status();
  }
}
