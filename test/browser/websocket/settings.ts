import type { WebSocketConstructor } from 'quorate/transport/websocket';

/** Where the other side of the WebSocket cases is, as plain data that can be handed to a page. */
export interface WebSocketSettings {
  /** Serves the page, and what {@link Control} asks for. */
  readonly origin: string;
  /** Node {@link NODE}, which accepts WebSockets of pages from `origin`. */
  readonly address: string;
  /** A node with that id and that secret, too, which accepts no pages. */
  readonly addressWithoutPages: string;
}

/** What the cases dial with; left out for the WebSocket of the platform. */
export interface Dialer {
  readonly WebSocket?: WebSocketConstructor;
}

/** What is known at the other side. */
export interface NodeStatus {
  /** The peers that are connected. */
  readonly connected: readonly string[];
  /** What the node refused. */
  readonly refused: Readonly<Record<string, number>>;
  /** What the node that accepts no pages refused. */
  readonly refusedWithoutPages: Readonly<Record<string, number>>;
  /** How many messages of each client it sent back, or tried to. */
  readonly echoed: Readonly<Record<string, number>>;
  /** Open sockets between clients and the node, on either side of what can cut them. */
  readonly sockets: number;
}

/** What the other side can be told to do. */
export type Order = 'status' | 'cut' | 'restart';

export const NODE = 'node';
export const CLUSTER = 'browsers';
export const SECRET = 'a secret of twenty-seven bytes';
