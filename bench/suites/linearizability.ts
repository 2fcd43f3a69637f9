import {
  casRegisterModel,
  checkLinearizability,
  keyValueModel,
  lockModel,
  queueModel,
  type History,
  type SequentialModel,
} from 'quorate/testing';
import type { Case, Suite } from '../harness.js';
import { simulateHistory } from '../histories.js';
import { casRegister, keyValue, lock, queue, type Kind } from '../subjects.js';

const HISTORIES = 100;
const OPERATIONS = 100;
/** How likely a call's outcome is unknown. */
const UNKNOWN = 0.02;

/** Histories of one object, linearizable by construction. */
function histories<Input, Output>(kind: Kind<Input, Output>, callers: number): History<Input, Output>[] {
  return Array.from({ length: HISTORIES }, (_, seed) =>
    simulateHistory({ ...kind, seed, callers, operations: OPERATIONS, unknown: UNKNOWN }),
  );
}

/** Late in the history, one observation gets the output of an early one: often a violation. */
function withWrongAnswer<Input, Output>(history: History<Input, Output>, seed: number): History<Input, Output> {
  const observations = history.flatMap((one) => (one.outcome === 'ok' && one.output !== undefined ? [one] : []));
  const target = observations[Math.max(0, observations.length - 1 - (seed % 20))];
  if (target === undefined) return history;
  const { output } = observations[(seed % 20) % observations.length]!;
  return history.map((one) => (one === target ? { ...target, output } : one));
}

/** The time to check so many histories one after the other, and which answers there were. */
function time<State, Input, Output>(
  name: string,
  checked: readonly History<Input, Output>[],
  model: SequentialModel<State, Input, Output>,
): Case {
  const counts = { ok: 0, violation: 0, unknown: 0 };
  for (const history of checked) counts[checkLinearizability(history, model).verdict]++;
  const answers = `${counts.ok} ok, ${counts.violation} violations, ${counts.unknown} unknown`;
  const measure = (): number => {
    const start = performance.now();
    for (const history of checked) checkLinearizability(history, model);
    return performance.now() - start;
  };
  return { name: `${name} (${answers})`, unit: 'ms', measure };
}

/** A hundred histories that are right and a hundred with a wrong answer, of five callers and of ten. */
function all<State, Input, Output>(
  name: string,
  kind: Kind<Input, Output>,
  model: SequentialModel<State, Input, Output>,
): Case[] {
  return [5, 10].flatMap((callers) => {
    const right = histories(kind, callers);
    return [
      time(`${name}, ${callers} callers`, right, model),
      time(`${name}, ${callers} callers, a wrong answer`, right.map(withWrongAnswer), model),
    ];
  });
}

/** Each case checks 100 histories of 100 operations. */
const suite: Suite = () => [
  ...all('compare-and-set register', casRegister, casRegisterModel()),
  ...all('map with append, 1 key', keyValue(1), keyValueModel()),
  ...all('map with append, 10 keys', keyValue(10), keyValueModel()),
  ...all('lock', lock, lockModel()),
  ...all('queue', queue, queueModel()),
];

export default suite;
