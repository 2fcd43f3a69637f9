import { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import { InvalidOptionError } from '../../../core/index.js';
import { checkStreamOptions, milliseconds } from '../../stream/options.js';
import type { CheckedStreamOptions } from '../../stream/options.js';
import { type HostPort } from '../../../core/index.js';
import { checkListen } from '../../tcp/address.js';
import { checkTls } from '../../tcp/tls-options.js';
import type { CheckedTls, TlsOptions } from '../../tcp/tls-options.js';
import type { WebSocketTransportOptions } from '../../websocket.js';
import { checkUrl } from '../address.js';
import type { WebSocketConstructor } from '../platform-stream.js';

/** Where to listen: on a port of its own, or on a server that serves other things, too. */
export type WebSocketListen =
  | (HostPort & {
      /** The path of the URL. @defaultValue `/` */
      readonly path?: string;
    })
  | {
      /** Listens already or will; with what certificates is up to it. It is not closed with the transport. */
      readonly server: HttpServer | HttpsServer;
      /** The path of the URL; requests to upgrade for others are left to other listeners. @defaultValue `/` */
      readonly path?: string;
    };

/** What `openWebSocketTransport` takes on Node. */
export interface WebSocketNodeTransportOptions extends WebSocketTransportOptions {
  /** Where to listen; port 0 takes a free port. `null` for a client, which only dials. */
  readonly listen: WebSocketListen | null;
  /**
   * The origins of web pages that may connect, as `https://app.example`; `*` stands for all. Browsers tell from where a
   * page came, other programs tell nothing and are not asked.
   *
   * @defaultValue none: any page that somebody on this network looks at could dial this node
   */
  readonly origins?: readonly string[];
  /**
   * Encrypts all connections, and lets certificates say who is at the other end; see {@link TlsOptions}. Addresses are
   * then `wss://...`. A server that was given has its own certificates, must ask for those of clients, and use the same
   * authorities.
   *
   * @defaultValue none: an address `wss://...` is then checked as by a browser, which asks a public authority whether
   * the certificate fits the name of the host
   */
  readonly tls?: TlsOptions;
  /** As for TCP: how long a connection may be silent before the system probes it, in milliseconds. @defaultValue 10,000 */
  readonly keepAliveMs?: number;
  /**
   * Dials with this in place of the package `ws`. It cannot be given `tls`.
   *
   * @defaultValue `WebSocket` of `ws`
   */
  readonly WebSocket?: WebSocketConstructor;
}

/** {@link WebSocketNodeTransportOptions}, checked and complete. */
export interface CheckedWebSocketOptions {
  readonly stream: CheckedStreamOptions;
  readonly listen: WebSocketListen | null;
  readonly path: string;
  readonly origins: readonly string[];
  readonly tls: CheckedTls | null;
  readonly keepAliveMs: number;
  readonly WebSocket: WebSocketConstructor | null;
}

/** @throws InvalidOptionError */
export function checkWebSocketOptions(options: WebSocketNodeTransportOptions): CheckedWebSocketOptions {
  const { id, listen, tls, WebSocket } = options;
  const checkAddress = tls === undefined ? checkUrl : checkSecureUrl;
  if (tls !== undefined && WebSocket !== undefined) {
    throw new InvalidOptionError('WebSocket', WebSocket, 'left out when there is tls, which it cannot be given');
  }
  return {
    stream: checkStreamOptions(options, checkAddress),
    ...checkPlace(listen),
    origins: checkOrigins(options.origins ?? []),
    tls: tls === undefined ? null : checkTls(id, tls, listen !== null && !('server' in listen)),
    keepAliveMs: milliseconds('keepAliveMs', options.keepAliveMs ?? 10_000, 0),
    WebSocket: WebSocket ?? null,
  };
}

/** As {@link checkUrl}, for nodes that speak TLS only. @throws InvalidOptionError */
export function checkSecureUrl(option: string, address: unknown): string {
  const url = checkUrl(option, address);
  if (url.startsWith('wss:')) return url;
  throw new InvalidOptionError(option, address, 'a URL wss://..., because there is tls');
}

function checkPlace(listen: WebSocketListen | null): {
  readonly listen: WebSocketListen | null;
  readonly path: string;
} {
  if (listen === null) return { listen, path: '/' };
  const path = (listen as Partial<WebSocketListen> | undefined)?.path ?? '/';
  if (typeof path !== 'string' || !/^\/[^?#\s]*$/.test(path)) {
    throw new InvalidOptionError('listen.path', path, 'a path that begins with / and has no ? and no #');
  }
  if (typeof listen !== 'object' || !('server' in listen)) {
    return { listen: checkListen(listen, '{ host, port }, { server }, or null for a client that only dials'), path };
  }
  const server: unknown = listen.server;
  if (server instanceof HttpServer || server instanceof HttpsServer) return { listen, path };
  throw new InvalidOptionError('listen.server', server, 'a server of node:http or node:https');
}

function checkOrigins(origins: readonly string[]): readonly string[] {
  for (const origin of origins) {
    const valid = origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin);
    if (!valid)
      throw new InvalidOptionError('origins', origin, 'origins of web pages, such as https://app.example, or *');
  }
  return [...origins];
}
