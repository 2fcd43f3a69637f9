import { findDifference } from '../compare.js';
import { holds, same, type ConformanceCase } from './case.js';
import { record, type MachineSetup } from './machine-run.js';
import { FOREIGN_VALUES, messageValues } from './values.js';

/** No more messages of a run are looked at: each leads to dozens of damaged ones. */
const MOST_MESSAGES = 50;

/** What fields of damaged messages may be. */
const DAMAGE: readonly unknown[] = [
  undefined,
  null,
  -1,
  0.5,
  2 ** 53,
  'x',
  {},
  [],
  [null],
  new Uint8Array(1),
  true,
  NaN,
];

type Parse = (value: unknown) => unknown;

/** What a protocol's `parseMessage` must do, with the messages of random runs and with damaged ones. */
export function parsingCases<Message, Command, Output, Write, State>(
  setup: MachineSetup<Message, Command, Output, Write, State>,
  runs: number,
): ConformanceCase[] {
  const parse: Parse = (value) => setup.parseMessage!(value);
  const each = (name: string, check: (message: unknown) => void): ConformanceCase => ({
    name,
    async run() {
      for (let seed = 1; seed <= runs; seed++) {
        const { steps } = record(setup, seed);
        const messages = steps.flatMap(({ effects }) => effects.flatMap((one) => one.messages));
        for (const { message } of messages.slice(0, MOST_MESSAGES)) check(message);
      }
    },
  });
  return [
    {
      name: 'drops what is no message',
      async run() {
        const garbage = [
          ...messageValues(Number.POSITIVE_INFINITY),
          ...FOREIGN_VALUES,
          { type: 'no such type' },
          { type: null },
          [{ type: 'x' }],
        ];
        for (const value of garbage) same('what parseMessage makes of garbage', parse(value), undefined);
      },
    },
    each('accepts each message that the machine sends, as it is', (message) => {
      same('what parseMessage makes of a message', parse(structuredClone(message)), message);
    }),
    each('ignores unknown fields of messages', (message) => {
      if (typeof message !== 'object' || message === null) return;
      same('what parseMessage makes of a message with a field more', parse({ ...message, unheardOf: 1 }), message);
    }),
    each('never throws at a damaged message, and is idempotent on what it accepts', (message) => {
      for (const damaged of damages(message)) {
        const before = structuredClone(damaged);
        const parsed = parse(damaged);
        holds(findDifference(before, damaged) === null, 'parseMessage to leave what it is given as it is', damaged);
        if (parsed !== undefined) same('a message that is parsed again', parse(parsed), parsed);
      }
    }),
  ];
}

/** The value with one field after the other replaced by what does not belong there. */
function* damages(value: unknown): Iterable<unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const key of Object.keys(value)) {
    const part = (value as Record<string, unknown>)[key];
    for (const other of [...DAMAGE, ...damages(part)]) {
      yield Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other };
    }
  }
}
