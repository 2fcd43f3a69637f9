/**
 * Values to bytes and back: the {@link Codec} interface, and MessagePack made safe for bytes from outside.
 *
 * @module codec
 */
export type { Codec } from '../core/index.js';
export { NotEncodableError } from './encode-error.js';
export { messagePackCodec } from './messagepack.js';
export type { MessagePackOptions } from './messagepack.js';
