import { InvalidOptionError } from '../../core/index.js';

/**
 * What the transport needs of a port: a `MessagePort`, `Worker` or `parentPort` of Node, or a `MessagePort`, `Worker` or
 * the global scope of a dedicated worker in a browser. Events are heard by `on`, or by `addEventListener` where there is
 * no `on`.
 */
export interface MessagePortLike {
  /** Sends a value to the other end, and hands over the memory of what is in `transfer`. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Begins to hear an event: what was posted comes as it is. */
  on?(event: string, listener: (value: unknown) => void): unknown;
  /** Undoes `on`. */
  off?(event: string, listener: (value: unknown) => void): unknown;
  /** Begins to hear an event: what was posted is its `data`. */
  addEventListener?(event: string, listener: (event: unknown) => void): void;
  /** Undoes `addEventListener`. */
  removeEventListener?(event: string, listener: (event: unknown) => void): void;
  /** Begins delivery, where that is not done by listening. */
  start?(): void;
  /** Ends a `MessagePort`, and is left alone where it ends a worker. */
  close?(): void;
}

/** Hears what comes out of a port. */
export interface PortEvents {
  readonly message: (data: unknown) => void;
  /** What came could not be read at this end. */
  readonly unreadable: () => void;
  /** The other end is gone. */
  readonly gone: () => void;
}

/** A port while a transport uses it. */
export interface OpenPort {
  /** Posts bytes that fill their buffer, which goes over to the other end. */
  post(bytes: Uint8Array<ArrayBuffer>): void;
  /** Stops listening. A `MessagePort` is closed; a worker lives on. */
  close(): void;
}

/**
 * Returns the port when it looks like one.
 *
 * @throws InvalidOptionError naming the option
 */
export function checkPort(option: string, port: unknown): MessagePortLike {
  const has = (name: keyof MessagePortLike): boolean =>
    typeof (port as Partial<MessagePortLike> | null | undefined)?.[name] === 'function';
  if (has('postMessage') && (has('on') || has('addEventListener'))) return port as MessagePortLike;
  throw new InvalidOptionError(option, port, 'a MessagePort, a Worker, parentPort or the global scope of a worker');
}

/** Begins to listen to a port. */
export function openPort(port: MessagePortLike, events: PortEvents): OpenPort {
  const stop = port.on === undefined ? listenToTarget(port, events) : listenToEmitter(port, events);
  port.start?.();
  // Only a MessagePort has both; `close` of the global scope of a worker would end the worker.
  const isMessagePort = port.start !== undefined && port.close !== undefined;
  return {
    post: (bytes) => port.postMessage(bytes, [bytes.buffer]),
    close() {
      stop();
      if (isMessagePort) port.close!();
    },
  };
}

/** As in Node: what was posted comes as it is, and the thread of a `Worker` can exit. */
function listenToEmitter(port: MessagePortLike, { message, unreadable, gone }: PortEvents): () => void {
  return subscribe(
    { message, messageerror: unreadable, close: gone, exit: gone },
    (name, listener) => port.on!(name, listener),
    (name, listener) => port.off?.(name, listener),
  );
}

/** As in browsers: what was posted is the data of an event. */
function listenToTarget(port: MessagePortLike, { message, unreadable, gone }: PortEvents): () => void {
  return subscribe(
    { message: (event) => message((event as { data: unknown }).data), messageerror: unreadable, close: gone },
    (name, listener) => port.addEventListener!(name, listener),
    (name, listener) => port.removeEventListener?.(name, listener),
  );
}

type Listener = (value: unknown) => void;
type Subscription = (name: string, listener: Listener) => unknown;

/** Adds all listeners, and returns what removes them. */
function subscribe(listeners: Readonly<Record<string, Listener>>, add: Subscription, remove: Subscription): () => void {
  const all = Object.entries(listeners);
  for (const [name, listener] of all) add(name, listener);
  return () => {
    for (const [name, listener] of all) remove(name, listener);
  };
}
