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
const CALLERS = 5;

/** Histories of one object, every second with an answer that belongs to another call. */
function histories<Input, Output>(kind: Kind<Input, Output>, unknown: number): History<Input, Output>[] {
  return Array.from({ length: HISTORIES }, (_, seed) => {
    const history = simulateHistory({ ...kind, seed, callers: CALLERS, operations: OPERATIONS, unknown });
    return seed % 2 === 0 ? history : withWrongAnswer(history, seed);
  });
}

/** Late in the history, one observation gets the output of an early one: nearly always a violation. */
function withWrongAnswer<Input, Output>(history: History<Input, Output>, seed: number): History<Input, Output> {
  const observations = history.flatMap((one) => (one.outcome === 'ok' && one.output !== undefined ? [one] : []));
  const target = observations[observations.length - 1 - (seed % 20)]!;
  const { output } = observations[seed % 20]!;
  return history.map((one) => (one === target ? { ...target, output } : one));
}

/** The time to check all histories, and which answers there were. */
function all<State, Input, Output>(
  name: string,
  kind: Kind<Input, Output>,
  model: SequentialModel<State, Input, Output>,
  unknown = 0.02,
): Case {
  const checked = histories(kind, unknown);
  const counts = { ok: 0, violation: 0, unknown: 0 };
  for (const history of checked) counts[checkLinearizability(history, model).verdict]++;
  const answers = `${counts.ok} ok, ${counts.violation} violations, ${counts.unknown} unknown`;
  const measure = (): number => {
    const start = performance.now();
    for (const history of checked) checkLinearizability(history, model);
    return performance.now() - start;
  };
  return { name: `${HISTORIES} x ${OPERATIONS} operations, ${name} (${answers})`, unit: 'ms', measure };
}

const suite: Suite = () => [
  all('compare-and-set register', casRegister, casRegisterModel()),
  all('map with append, 1 key', keyValue(1), keyValueModel()),
  all('map with append, 10 keys', keyValue(10), keyValueModel()),
  all('lock', lock, lockModel()),
  all('queue', queue, queueModel()),
];

export default suite;
