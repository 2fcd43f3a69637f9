import type {
  CasRegisterInput,
  KeyValueInput,
  KeyValueOutput,
  LockInput,
  LockOutput,
  QueueInput,
  QueueOutput,
} from 'quorate/testing';
import type { Usage } from './histories.js';

/** How a kind of object is used: everything but seed and size. */
export type Kind<Input, Output> = Pick<Usage<Input, Output>, 'subject' | 'input'>;

/** A whole number below a limit. */
function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

/** Reads, writes and compare-and-sets of five values. */
export const casRegister: Kind<CasRegisterInput, unknown> = {
  subject() {
    let value: unknown = null;
    return {
      apply(input) {
        if (input.op === 'read') return value;
        const matches = input.op === 'write' || input.from === value;
        if (matches) value = input.op === 'write' ? input.value : input.to;
        return input.op === 'write' ? undefined : matches;
      },
    };
  },
  input(random) {
    const op = (['read', 'write', 'cas'] as const)[below(random, 3)]!;
    if (op === 'read') return { op };
    if (op === 'write') return { op, value: below(random, 5) };
    return { op, from: below(random, 5), to: below(random, 5) };
  },
};

/** Gets, puts, appends and deletes of so many keys. */
export function keyValue(keys: number): Kind<KeyValueInput, KeyValueOutput> {
  return {
    subject() {
      const map = new Map<string, unknown>();
      return {
        apply(input) {
          const { op, key } = input;
          if (op === 'get') return { found: map.has(key), value: map.get(key) ?? null };
          if (op === 'put') map.set(key, input.value);
          if (op === 'append') map.set(key, `${(map.get(key) as string | undefined) ?? ''}${input.value}`);
          if (op === 'delete') map.delete(key);
          return undefined;
        },
      };
    },
    input(random, _caller, number) {
      const key = `k${below(random, keys)}`;
      const dice = random();
      if (dice < 0.5) return { op: 'get', key };
      if (dice < 0.6) return { op: 'put', key, value: `${number}.` };
      return dice < 0.95 ? { op: 'append', key, value: `${number}.` } : { op: 'delete', key };
    },
  };
}

/** Puts numbers in and takes them out, a few more in than out. */
export const queue: Kind<QueueInput, QueueOutput> = {
  subject() {
    const items: unknown[] = [];
    return {
      apply(input) {
        if (input.op === 'dequeue') return items.length === 0 ? null : { value: items.shift() };
        items.push(input.value);
        return undefined;
      },
    };
  },
  input: (random, _caller, number) => (random() < 0.52 ? { op: 'enqueue', value: number } : { op: 'dequeue' }),
};

/** Callers that acquire and release; tokens have gaps. */
export const lock: Kind<LockInput, LockOutput> = {
  subject() {
    let holder: string | null = null;
    let token = 0;
    return {
      apply({ op, owner }) {
        if (op === 'release') {
          const held = holder === owner;
          if (held) holder = null;
          return held;
        }
        if (holder !== null) return null;
        holder = owner;
        return (token += 1 + (owner.length % 3));
      },
    };
  },
  input: (random, caller) => ({ op: random() < 0.5 ? 'acquire' : 'release', owner: `c${caller}` }),
};
