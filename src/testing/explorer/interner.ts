import { QuorateError } from '../../core/index.js';
import { TupleTable } from './tuple-table.js';

/** The first word of the tuple of a compound value. */
const ARRAY = 0;
const SET = 1;
const MAP = 2;
const BYTES = 3;
/** Plain objects: this and upwards, one for each list of field names. */
const SHAPES = 4;

/** Deeper values are a cycle, or nothing that a model should hold. */
const MAX_DEPTH = 64;

/**
 * Gives equal values equal numbers, by structure ("hash consing"): the parts of a value are interned first, and a
 * compound is the tuple of its parts' numbers. The order of the fields of an object, of the members of a `Set` and of
 * the keys of a `Map` does not matter. The values that it returns are shared, and what is equal is identical: who changes
 * one changes all states that hold it.
 */
export class Interner {
  readonly #freeze: boolean;
  readonly #primitives = new Map<unknown, number>();
  /** Interned objects by identity: what models pass on unchanged is found without a look inside. */
  readonly #objects = new Map<object, number>();
  readonly #values: unknown[] = [];
  readonly #shapes = new Map<string, number>();
  readonly #compounds = new TupleTable();
  /** The value of each tuple of `#compounds`. */
  readonly #compoundIds: number[] = [];
  readonly #scratches: Uint32Array[] = [];

  /** @param freeze - whether values are frozen, so that a change throws; engines are slower with frozen arrays */
  constructor(freeze: boolean) {
    this.#freeze = freeze;
  }

  /** The value with a number. */
  value(id: number): unknown {
    return this.#values[id];
  }

  /**
   * The number of a value.
   *
   * @throws QuorateError with code `not-plain-data` for functions, symbols, class instances and cycles
   */
  id(value: unknown, depth = 0): number {
    if (typeof value !== 'object' || value === null) return this.#primitive(value);
    const known = this.#objects.get(value);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw notPlain(`nested deeper than ${MAX_DEPTH}`);
    return this.#compound(value, depth);
  }

  #primitive(value: unknown): number {
    const known = this.#primitives.get(value);
    if (known !== undefined) return known;
    if (typeof value === 'function' || typeof value === 'symbol') throw notPlain(`a ${typeof value}`);
    const id = this.#values.push(value) - 1;
    this.#primitives.set(value, id);
    return id;
  }

  #compound(value: object, depth: number): number {
    const length = this.#encode(value, depth);
    const tuples = this.#compounds.size;
    const tuple = this.#compounds.add(this.#scratches[depth]!, length);
    if (tuple < tuples) return this.#compoundIds[tuple]!;
    if (this.#freeze && !ArrayBuffer.isView(value)) Object.freeze(value);
    const id = this.#values.push(value) - 1;
    this.#compoundIds.push(id);
    this.#objects.set(value, id);
    return id;
  }

  /** Leaves the tuple of a compound in the scratch of its depth, and returns its length. */
  #encode(value: object, depth: number): number {
    if (Array.isArray(value)) return this.#list(ARRAY, value, depth);
    if (value instanceof Set)
      return this.#sortedPairs(
        SET,
        Array.from(value, (member: unknown) => [member]),
        depth,
      );
    if (value instanceof Map) return this.#sortedPairs(MAP, Array.from(value as Map<unknown, unknown>), depth);
    if (value instanceof Uint8Array) return this.#bytes(value, depth);
    return this.#fields(value as Record<string, unknown>, depth);
  }

  #list(kind: number, items: readonly unknown[], depth: number): number {
    const scratch = this.#scratch(depth, items.length + 1);
    scratch[0] = kind;
    for (let i = 0; i < items.length; i++) scratch[i + 1] = this.id(items[i], depth + 1);
    return items.length + 1;
  }

  #bytes(value: Uint8Array, depth: number): number {
    const scratch = this.#scratch(depth, value.length + 1);
    scratch[0] = BYTES;
    scratch.set(value, 1);
    return value.length + 1;
  }

  /** Members in the order of their numbers: any order does, as long as equal sets have the same. */
  #sortedPairs(kind: number, pairs: readonly (readonly unknown[])[], depth: number): number {
    const numbers = pairs.map((pair) => pair.map((part) => this.id(part, depth + 1)));
    numbers.sort((a, b) => a[0]! - b[0]!);
    const flat = numbers.flat();
    const scratch = this.#scratch(depth, flat.length + 1);
    scratch[0] = kind;
    scratch.set(flat, 1);
    return flat.length + 1;
  }

  #fields(value: Record<string, unknown>, depth: number): number {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) throw notPlain('an instance of a class');
    const names = Object.keys(value).sort();
    const shapeName = JSON.stringify(names);
    let shape = this.#shapes.get(shapeName);
    if (shape === undefined) this.#shapes.set(shapeName, (shape = SHAPES + this.#shapes.size));
    const scratch = this.#scratch(depth, names.length + 1);
    scratch[0] = shape;
    for (let i = 0; i < names.length; i++) scratch[i + 1] = this.id(value[names[i]!], depth + 1);
    return names.length + 1;
  }

  #scratch(depth: number, least: number): Uint32Array {
    const scratch = this.#scratches[depth];
    if (scratch !== undefined && scratch.length >= least) return scratch;
    return (this.#scratches[depth] = new Uint32Array(Math.max(16, least * 2)));
  }
}

function notPlain(what: string): QuorateError {
  const allowed = 'null, booleans, numbers, strings, bytes, arrays, plain objects, Sets and Maps';
  return new QuorateError('not-plain-data', `a state or message holds ${what}; it must be plain data: ${allowed}`);
}
