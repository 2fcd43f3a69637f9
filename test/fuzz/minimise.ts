import { concatenate } from './mutate.js';
import { tryInput } from './run.js';
import type { Target } from './target.js';

/** How many inputs are tried to make one smaller. */
const MAX_TRIES = 20_000;

/** A smaller input with the same kind of finding, by leaving parts out and replacing bytes by plainer ones. */
export async function minimise(target: Target, input: Uint8Array): Promise<Uint8Array> {
  const kind = await kindOf(target, input);
  let tries = 0;
  const fails = async (candidate: Uint8Array): Promise<boolean> =>
    tries++ < MAX_TRIES && (await kindOf(target, candidate)) === kind;
  let best = input;
  for (let before = -1; before !== best.length && tries < MAX_TRIES;) {
    before = best.length;
    best = await leaveOut(best, fails);
  }
  return replaceBytes(best, fails);
}

async function leaveOut(input: Uint8Array, fails: (input: Uint8Array) => Promise<boolean>): Promise<Uint8Array> {
  let best = input;
  for (let size = Math.max(1, best.length >> 1); size >= 1; size >>= 1) {
    for (let at = 0; at < best.length;) {
      const shorter = concatenate([best.subarray(0, at), best.subarray(at + size)]);
      if (await fails(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}

async function replaceBytes(input: Uint8Array, fails: (input: Uint8Array) => Promise<boolean>): Promise<Uint8Array> {
  let best = input;
  for (let at = 0; at < best.length; at++) {
    if (best[at] === 0) continue;
    const plainer = best.slice();
    plainer[at] = 0;
    if (await fails(plainer)) best = plainer;
  }
  return best;
}

/** Findings are of one kind when their messages are the same but for numbers and what is quoted. */
async function kindOf(target: Target, input: Uint8Array): Promise<string | null> {
  const outcome = await tryInput(target, input);
  if (!(outcome instanceof Error)) return null;
  return `${outcome.name}: ${outcome.message.split(':')[0]!.replace(/\d+/g, '0')}`;
}
