import type { NodeId } from '../../core/index.js';
import type { Envelope } from './machine-model.js';

/**
 * Gives nodes other names, everywhere in plain data where a string is a node's id: values, members of arrays and Sets,
 * fields of objects, keys and values of Maps. Returns the value itself when nothing in it changes its name. Ids inside of
 * longer strings, in bytes, or told by a number stay as they are, and so does the order of arrays.
 */
export type Rename = <T>(value: T) => T;

/**
 * Nodes of a {@link MachineModel} that are interchangeable: renaming them turns runs into runs and changes no property. Of
 * all states that differ in their names only, one is explored ("symmetry reduction": Ip and Dill, "Better Verification
 * Through Symmetry", 1996). With n nodes this saves up to n! times the states.
 *
 * What you promise: machines, `commands`, `mayFire`, `mayNotice`, `history`, `within` and properties treat all nodes of a
 * group alike. A rule that prefers one (the least id wins a tie, the first node campaigns) breaks it, and states are
 * missed. The initial states and the steps from some of the states are checked: the first 1000 that are gone on from, and
 * one of 64 after. Properties are not.
 *
 * The functions say how things are called when nodes have other names. Each must return a new value and leave alone what
 * it is given. The default for all is `rename`, which finds ids wherever they stand as they are; a function is needed
 * where they do not: lists in the order of ids are to be sorted again, and numbers or texts that are made of ids are to be
 * exchanged.
 */
export interface MachineSymmetry<Message, Output, Write, State, History> {
  /** Nodes that are interchangeable, group by group; those in no group keep their names. 5040 orders at most in total. */
  readonly groups: readonly (readonly NodeId[])[];
  /** A state of the node that was called `id`. @defaultValue `rename(state)` */
  state?(state: State, rename: Rename, id: NodeId): State;
  /** A message; `envelope` is what it was in, with the old names. @defaultValue `rename(message)` */
  message?(message: Message, rename: Rename, envelope: Envelope<Message>): Message;
  /** An output that waits, of the node that was called `id`. @defaultValue `rename(output)` */
  output?(output: Output, rename: Rename, id: NodeId): Output;
  /** A write under way, of the node that was called `id`. @defaultValue `rename(write)` */
  write?(write: Write, rename: Rename, id: NodeId): Write;
  /** @defaultValue `rename(history)` */
  history?(history: History, rename: Rename): History;
}

/** A {@link Rename} by a table. */
export function renameBy(names: ReadonlyMap<NodeId, NodeId>): Rename {
  const name = (text: string): string => names.get(text) ?? text;
  const rename = (value: unknown): unknown => {
    if (typeof value === 'string') return name(value);
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (Array.isArray(value)) return unlessSame(value, value.map(rename), value);
    if (value instanceof Set) return new Set(Array.from(value, rename));
    if (value instanceof Map) return new Map(Array.from(value, ([key, item]) => [rename(key), rename(item)]));
    const [fields, parts] = [Object.keys(value), Object.values(value)];
    const [newFields, newParts] = [fields.map(name), parts.map(rename)];
    if (unlessSame(fields, newFields, null) === null && unlessSame(parts, newParts, null) === null) return value;
    return Object.fromEntries(newFields.map((field, i) => [field, newParts[i]]));
  };
  return rename as Rename;
}

/** `after`, or `otherwise` when it has the same items as `before`. */
function unlessSame<T>(before: readonly unknown[], after: readonly unknown[], otherwise: T): T | readonly unknown[] {
  return before.every((item, i) => item === after[i]) ? otherwise : after;
}
