import { describe, expect, it } from 'vitest';
import { NOTHING, type Effects, type Input, type Machine } from '../../../src/core/index.js';
import { machineCases, type MachineSetup } from '../../../src/testing/index.js';
import { failureOf, runCases } from './run-cases.js';

/** Tells a peer the sum of what it was told, at the latest every 50 ms. */
interface Message {
  readonly type: 'sum';
  readonly sum: number;
  readonly parts: readonly number[];
}

interface State {
  sum: number;
  parts: number[];
  wakeAt: number;
  written: number;
  dirty: boolean;
}

type Command = { readonly add: readonly number[] };
type ToyInput = Input<Message, Command>;
type ToyEffects = Effects<Message, string, number>;

class Toy implements Machine<Message, Command, string, number, State> {
  constructor(protected readonly data: State) {}

  get wakeAt(): number {
    return this.data.wakeAt;
  }

  step(input: ToyInput, now: number): void {
    if (input.type === 'wake' && now >= this.data.wakeAt) {
      this.data.wakeAt = now + 50;
      this.data.dirty = true;
    }
    if (input.type === 'command') this.add(input.command);
    if (input.type === 'message') this.data.sum = Math.max(this.data.sum, input.message.sum);
  }

  protected add({ add }: Command): void {
    for (const part of add) this.data.sum += part;
    this.data.parts.push(...add);
    this.data.dirty = true;
  }

  take(): ToyEffects {
    if (!this.data.dirty) return NOTHING;
    this.data.dirty = false;
    this.data.written++;
    const { sum, written: after } = this.data;
    return { writes: [sum], messages: [{ to: 'b', message: this.message(), after }], outputs: [] };
  }

  protected message(): Message {
    return { type: 'sum', sum: this.data.sum, parts: [...this.data.parts] };
  }

  state(): State {
    return this.data;
  }
}

const initial = (): State => ({ sum: 0, parts: [], wakeAt: -Infinity, written: 0, dirty: false });

function parse(value: unknown): Message | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, sum, parts } = value as Record<string, unknown>;
  const isPart = (part: unknown): part is number => Number.isSafeInteger(part);
  if (type !== 'sum' || !isPart(sum) || !Array.isArray(parts) || !parts.every(isPart)) return undefined;
  return { type, sum, parts };
}

type ToySetup = MachineSetup<Message, Command, string, number, State>;

function setupOf(make: (state: State) => Toy, parseMessage: (value: unknown) => Message | undefined = parse): ToySetup {
  return {
    start: () => make(initial()),
    resume: (state) => make(state),
    inputs: (random) => ({
      next(state) {
        const sum = Math.floor(random() * 2 * state.sum);
        if (random() < 0.3) return { type: 'message', from: 'b', message: { type: 'sum', sum, parts: [sum] } };
        return random() < 0.1 ? { type: 'wake' } : { type: 'command', command: { add: [sum % 7, 1] } };
      },
      did: () => {},
    }),
    parseMessage,
    runs: 2,
    steps: 60,
  };
}

const casesOf = (setup: ToySetup): ReturnType<typeof machineCases> => machineCases(setup, { earlyWakesIdle: true });

let calls = 0;
const toys: readonly { readonly name: string; readonly found: string; readonly toy: new (state: State) => Toy }[] = [
  {
    name: 'wants its first wake late',
    found: 'wants its first wake at once, and arms its timers then',
    toy: class extends Toy {
      override get wakeAt(): number {
        return Math.max(this.data.wakeAt, 0);
      }
    },
  },
  {
    name: 'returns empty effects for NOTHING',
    found: 'returns NOTHING exactly when there is nothing to do',
    toy: class extends Toy {
      override take(): ToyEffects {
        const effects = super.take();
        return effects === NOTHING ? { writes: [], messages: [], outputs: [] } : effects;
      }
    },
  },
  {
    name: 'never comes to an end',
    found: 'returns NOTHING exactly when there is nothing to do',
    toy: class extends Toy {
      override take(): ToyEffects {
        this.data.dirty = true;
        return super.take();
      }
    },
  },
  {
    name: 'looks at something outside',
    found: 'does the same for the same inputs',
    toy: class extends Toy {
      protected override add(command: Command): void {
        super.add({ add: [...command.add, calls++ % 2] });
      }
    },
  },
  {
    name: 'sorts what it is given in place',
    found: 'changes nothing about its inputs',
    toy: class extends Toy {
      protected override add(command: Command): void {
        super.add({ add: (command.add as number[]).sort() });
      }
    },
  },
  {
    name: 'sends what it goes on to change',
    found: 'never touches again what it gave away',
    toy: class extends Toy {
      protected override message(): Message {
        return { type: 'sum', sum: this.data.sum, parts: this.data.parts };
      }
    },
  },
  {
    name: 'knows what its state does not say',
    found: 'goes on alike from a copy of its state, at every step',
    toy: class extends Toy {
      #told = 0;

      protected override add(command: Command): void {
        super.add(this.#told++ % 3 === 2 ? { add: [] } : command);
      }
    },
  },
  {
    name: 'has a state that is no data',
    found: 'has plain data for a state',
    toy: class extends Toy {
      override state(): State {
        return { ...this.data, extra: new Date(0) } as State;
      }
    },
  },
  {
    name: 'changes when it is looked at',
    found: 'changes nothing when it is looked at',
    toy: class extends Toy {
      override state(): State {
        this.data.sum += 0.5;
        return this.data;
      }
    },
  },
  {
    name: 'lets effects wait for writes that never come',
    found: 'lets effects wait for writes that it has made only',
    toy: class extends Toy {
      override take(): ToyEffects {
        const effects = super.take();
        if (effects === NOTHING) return effects;
        return { ...effects, messages: effects.messages.map((one) => ({ ...one, after: one.after + 1 })) };
      }
    },
  },
  {
    name: 'wants to be woken again at once',
    found: 'comes to rest when it is woken',
    toy: class extends Toy {
      override step(input: ToyInput, now: number): void {
        const { wakeAt } = this.data;
        super.step(input, now);
        if (this.data.written > 5 && input.type === 'wake') this.data.wakeAt = Math.max(wakeAt, 0);
      }
    },
  },
  {
    name: 'acts at any wake',
    found: 'does nothing at a wake that comes too early',
    toy: class extends Toy {
      override step(input: ToyInput, now: number): void {
        super.step(input, now);
        if (input.type === 'wake') this.data.dirty = true;
      }
    },
  },
  {
    name: 'sends what no message may hold',
    found: 'sends plain data only',
    toy: class extends Toy {
      protected override message(): Message {
        return { ...super.message(), sum: this.data.sum > 20 ? Infinity : this.data.sum };
      }
    },
  },
];

const parsers: readonly { readonly name: string; readonly found: string; readonly change: typeof parse }[] = [
  { name: 'takes anything', found: 'drops what is no message', change: (value) => value as Message },
  {
    name: 'refuses messages of its own',
    found: 'accepts each message that the machine sends, as it is',
    change: (value) => ((parse(value)?.sum ?? 0) > 20 ? undefined : parse(value)),
  },
  {
    name: 'lets unknown fields through',
    found: 'ignores unknown fields of messages',
    change: (value) => (parse(value) === undefined ? undefined : { ...(value as Message) }),
  },
  {
    name: 'throws at what is damaged',
    found: 'never throws at a damaged message, and is idempotent on what it accepts',
    change: (value) => ((value as { parts?: number[] } | null)?.parts?.map(Number), parse(value)),
  },
  {
    name: 'changes what it has accepted already',
    found: 'never throws at a damaged message, and is idempotent on what it accepts',
    change(value) {
      const message = parse(value);
      return message === undefined || message.sum >= 0 ? message : { ...message, sum: message.sum - 1 };
    },
  },
];

describe('the kit for machines', () => {
  describe('passes one that does it right', () => {
    runCases(casesOf(setupOf((state) => new Toy(state))));
  });

  it.each(toys)('finds one that $name', async ({ found, toy }) => {
    const cases = casesOf(setupOf((state) => new toy(state)));
    expect(await failureOf(cases, found)).toMatch('expected');
  });

  it.each(parsers)('finds a parser that $name', async ({ found, change }) => {
    const { run } = casesOf(setupOf((state) => new Toy(state), change)).find(({ name }) => name === found)!;
    await expect(run()).rejects.toThrow(/expected|is not a function/);
  });

  it('checks how often it is to run', () => {
    const setup = setupOf((state) => new Toy(state));
    expect(() => casesOf({ ...setup, runs: 0 })).toThrow('runs is 0');
    expect(() => casesOf({ ...setup, steps: -1 })).toThrow('steps is -1');
  });
});
