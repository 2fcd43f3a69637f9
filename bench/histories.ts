import { seededRandom } from 'quorate/core';
import type { HistoryOperation } from 'quorate/testing';

/** An object that does what it is told at once: the sequential truth. */
export interface Subject<Input, Output> {
  /** Does it, and says what it returned. */
  apply(input: Input): Output;
}

/** How concurrent callers use an object. */
export interface Usage<Input, Output> {
  readonly seed: number;
  readonly callers: number;
  readonly operations: number;
  /** How likely a caller never hears what became of its call; half of these never happen. */
  readonly unknown?: number;
  subject(): Subject<Input, Output>;
  /** What the caller asks for next. */
  input(random: () => number, caller: number, number: number): Input;
}

interface Draft<Input> {
  readonly process: number;
  readonly input: Input;
  readonly calledAt: number;
  readonly effectAt: number;
  readonly returnedAt: number;
  readonly fate: 'ok' | 'unknown' | 'unknown and lost';
}

/**
 * A history that is linearizable by construction: callers call at random times, each call takes effect at a moment between
 * call and return (or later, where its outcome is unknown), and the object does what it is told in the order of these
 * moments. One seed, one history.
 */
export function simulateHistory<Input, Output>(usage: Usage<Input, Output>): HistoryOperation<Input, Output>[] {
  const drafts = draftCalls(usage).sort((a, b) => a.calledAt - b.calledAt);
  const subject = usage.subject();
  const outputs = new Map<Draft<Input>, Output>();
  for (const draft of [...drafts].sort((a, b) => a.effectAt - b.effectAt)) {
    if (draft.fate !== 'unknown and lost') outputs.set(draft, subject.apply(draft.input));
  }
  return drafts.map((draft): HistoryOperation<Input, Output> => {
    const { process, input, calledAt, returnedAt } = draft;
    if (draft.fate !== 'ok') return { process, input, calledAt, outcome: 'unknown', returnedAt: null };
    return { process, input, calledAt, outcome: 'ok', output: outputs.get(draft)!, returnedAt };
  });
}

function draftCalls<Input, Output>(usage: Usage<Input, Output>): Draft<Input>[] {
  const { callers, operations, unknown = 0 } = usage;
  const random = seededRandom(usage.seed);
  const freeAt = Array.from({ length: callers }, () => random() * 10);
  return Array.from({ length: operations }, (_, number) => {
    const process = freeAt.indexOf(Math.min(...freeAt));
    const calledAt = freeAt[process]! + random() * 4;
    const returnedAt = calledAt + 1 + random() * 20;
    const isUnknown = random() < unknown;
    const effectAt = calledAt + random() * (returnedAt - calledAt) * (isUnknown ? 5 : 1);
    freeAt[process] = returnedAt;
    const fate = !isUnknown ? 'ok' : random() < 0.5 ? 'unknown' : 'unknown and lost';
    return { process, input: usage.input(random, process, number), calledAt, effectAt, returnedAt, fate };
  });
}
