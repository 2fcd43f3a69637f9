import { canonicalText, isSame } from './canonical.js';
import { keyOfValue, keyValueHindsight } from './key-value-hindsight.js';
import type { SequentialModel } from './model.js';

/** What is done to a register: a read returns the value, a write nothing. */
export type RegisterInput = { readonly op: 'read' } | { readonly op: 'write'; readonly value: unknown };

/** What is done to a compare-and-set register: `cas` stores `to` where it finds `from`, and returns whether it did. */
export type CasRegisterInput = RegisterInput | { readonly op: 'cas'; readonly from: unknown; readonly to: unknown };

/** What is done to a map. `append` adds to the end of the text under the key. A `delete` returns nothing. */
export type KeyValueInput =
  | { readonly op: 'get'; readonly key: string }
  | { readonly op: 'put'; readonly key: string; readonly value: unknown }
  | { readonly op: 'append'; readonly key: string; readonly value: string }
  | { readonly op: 'delete'; readonly key: string };

/** What a `get` has found; `value` counts only when `found`. Other operations return nothing. */
export type KeyValueOutput = { readonly found: boolean; readonly value?: unknown } | undefined;

/** What is done to a lock. `owner` is who asks, and who must release. */
export type LockInput = { readonly op: 'acquire' | 'release'; readonly owner: string };

/**
 * What a lock answers: `acquire` returns the fencing token, or `null` when somebody holds the lock (who waits until it is
 * free just returns later); `release` returns whether the owner held it.
 */
export type LockOutput = number | null | boolean;

/** The value of a register, in a box because `null` is a value. */
export interface Held {
  readonly value: unknown;
}

const isRead = ({ op }: { readonly op: string }): boolean => op === 'read' || op === 'get';

/**
 * One value that is read and written as a whole. Values are plain data and are compared by content. Linearizable when
 * each read returns the value of the last write before it. Where one of many registers is meant, use
 * {@link keyValueModel}, which partitions.
 *
 * @param initial - what a read finds before the first write
 */
export function registerModel(initial: unknown = null): SequentialModel<Held, RegisterInput, unknown> {
  return {
    init: () => ({ value: initial }),
    step: stepRegister,
    key: ({ value }) => canonicalText(value),
    isRead,
  };
}

function stepRegister(state: Held, input: RegisterInput, output: unknown): Held | null {
  if (input.op === 'write') return { value: input.value };
  return output === undefined || isSame(output, state.value) ? state : null;
}

/**
 * A register with compare-and-set besides. A `cas` that returned `false` has seen another value than `from`, and is
 * checked as the observation that it is: record it as `ok`.
 *
 * @param initial - what a read finds before the first write
 */
export function casRegisterModel(initial: unknown = null): SequentialModel<Held, CasRegisterInput, unknown> {
  const step = (state: Held, input: CasRegisterInput, output: unknown): Held | null => {
    if (input.op !== 'cas') return stepRegister(state, input, output);
    const matches = isSame(state.value, input.from);
    if (output !== undefined && output !== matches) return null;
    return matches ? { value: input.to } : state;
  };
  const isReading = (input: CasRegisterInput, output: unknown): boolean =>
    isRead(input) || (input.op === 'cas' && output === false);
  return { ...registerModel(initial), step, isRead: isReading };
}

/** What a key of a map holds. */
export interface KeyValueState {
  readonly found: boolean;
  readonly value: unknown;
}

const ABSENT: KeyValueState = { found: false, value: null };

/**
 * A map, each key of which is a partition of its own. Values are plain data; `append` makes a longer text of the text
 * under a key (what is absent or no text counts as empty), so that a read shows in which order writes took effect.
 * Not for operations on several keys: they need a model without partitions.
 */
export function keyValueModel(): SequentialModel<KeyValueState, KeyValueInput, KeyValueOutput> {
  return {
    init: () => ABSENT,
    step: stepKeyValue,
    key: keyOfValue,
    partition: ({ key }) => key,
    isRead,
    hindsight: (operations) => keyValueHindsight(operations, stepKeyValue),
  };
}

function stepKeyValue(state: KeyValueState, input: KeyValueInput, output: KeyValueOutput): KeyValueState | null {
  switch (input.op) {
    case 'put':
      return { found: true, value: input.value };
    case 'append':
      return { found: true, value: (typeof state.value === 'string' ? state.value : '') + input.value };
    case 'delete':
      return ABSENT;
    case 'get': {
      if (output === undefined) return state;
      const fits = output.found === state.found && (!state.found || isSame(output.value, state.value));
      return fits ? state : null;
    }
  }
}

/** Who holds a lock, and the highest token that was given out, as far as is known. */
export interface LockState {
  readonly holder: string | null;
  readonly token: number;
}

/**
 * A lock that one owner holds at a time, and whose fencing tokens are whole numbers that grow from one holder to the next
 * (gaps are allowed). A `release` by somebody else returns `false`, and so does an `acquire` by the holder return `null`.
 * Where a lease runs out by itself, record a `release` by its owner with unknown outcome, called when the lease begins: it
 * may take effect at any moment from then on. Tokens are one sequence, so there is no partition; check several locks one
 * by one.
 */
export function lockModel(): SequentialModel<LockState, LockInput, LockOutput> {
  return {
    init: () => ({ holder: null, token: 0 }),
    step: stepLock,
    key: ({ holder, token }) => `${token} ${holder === null ? 'free' : JSON.stringify(holder)}`,
    isRead: (_input, output) => output === null || output === false,
  };
}

function stepLock(state: LockState, { op, owner }: LockInput, output: LockOutput | undefined): LockState | null {
  if (op === 'release') {
    const held = state.holder === owner;
    if (output !== undefined && output !== held) return null;
    return held ? { ...state, holder: null } : state;
  }
  if (state.holder !== null) return output === undefined || output === null ? state : null;
  if (output === undefined) return { holder: owner, token: state.token + 1 }; // its token is at least that
  return typeof output === 'number' && output > state.token ? { holder: owner, token: output } : null;
}
