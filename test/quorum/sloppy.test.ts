import { describe, expect, it } from 'vitest';
import { InvalidOptionError, type NodeId } from '../../src/core/index.js';
import {
  Hints,
  majority,
  or,
  QuorumNotReachedError,
  sloppyQuorum,
  type Gathered,
  type Held,
  type SloppyQuorumOptions,
} from '../../src/quorum/index.js';
import { broken, failed, Members, script, watch, type Watched } from './scripted.js';

const homes = majority(['a', 'b', 'c']);

interface Run extends Watched<Gathered<Held<string>>> {
  readonly members: Members;
  /** Of each fallback that was asked, the home that it stands in for. */
  readonly hints: Readonly<Record<NodeId, NodeId>>;
}

async function run(
  text: string,
  options: Partial<SloppyQuorumOptions<string>> = {},
  ms = 10_000,
  system = homes,
): Promise<Run> {
  const members = new Members(script(text));
  const { clock, accepts } = members;
  const hints: Record<NodeId, NodeId> = {};
  const request = (member: NodeId, signal: AbortSignal, hintFor: NodeId | null): Promise<string> => {
    if (hintFor !== null) hints[member] = hintFor;
    return members.request(member, signal);
  };
  const watched = watch(
    sloppyQuorum(request, system, { clock, accepts, fallbacks: ['x', 'y', 'z'], ...options }),
    clock,
  );
  await clock.run(ms);
  return Object.assign(watched, { members, hints });
}

const held = ({ value }: Run): unknown => Object.fromEntries([...value!.yes].map(([home, { by }]) => [home, by]));

describe('sloppyQuorum', () => {
  it('asks the homes only while they are well', async () => {
    const sloppy = await run('a:y10 b:y5 c:y20', { hedgeAfterMs: 50 });
    expect([sloppy.at, held(sloppy), sloppy.hints]).toEqual([10, { a: 'a', b: 'b' }, {}]);
    expect(sloppy.value!.yes.get('b')).toEqual({ by: 'b', answer: 'b yes' });
    expect(sloppy.members.clock.armed).toBe(0);
  });

  it('asks a fallback in the place of each home that fails, refuses or is unknown', async () => {
    const sloppy = await run('a:f10 b:b5 c:n20 x:y10 y:y3 z:y9');
    expect(sloppy.members.asked.slice(3)).toEqual([
      ['x', 5],
      ['y', 10],
      ['z', 20],
    ]);
    expect([sloppy.at, held(sloppy), sloppy.hints]).toEqual([15, { a: 'y', b: 'x' }, { x: 'b', y: 'a', z: 'c' }]);
    const late = await sloppy.value!.settled;
    expect(late.yes.get('c')).toEqual({ by: 'z', answer: 'z yes' });
  });

  it('asks the next when a fallback fails too', async () => {
    const sloppy = await run('a:f1 b:- c:y5 x:f10 y:b10 z:y10');
    expect([sloppy.at, held(sloppy), sloppy.hints]).toEqual([31, { c: 'c', a: 'z' }, { x: 'a', y: 'a', z: 'a' }]);
  });

  it('asks a fallback as well when a home is slow, and takes whichever is first', async () => {
    const options = { hedgeAfterMs: 100 };
    const slow = await run('a:y130 b:- c:y5 x:y20 y:y50 z:y1', options);
    expect(slow.members.asked.slice(3)).toEqual([
      ['x', 100],
      ['y', 100],
    ]);
    expect([slow.at, held(slow), slow.hints]).toEqual([120, { c: 'c', a: 'x' }, { x: 'a', y: 'b' }]);
    expect(slow.members.aborted).toEqual([['b', 5000]]); // what was replaced goes on

    const home = await run('a:y110 b:- c:y5 x:y20 y:y50 z:y1', options);
    expect([home.at, held(home)]).toEqual([110, { c: 'c', a: 'a' }]);
  });

  it('has each fallback stand in for one home, and fails when there are not enough', async () => {
    const { error, at, members, hints } = await run('a:f1 b:f2 c:b3 x:y5 y:y6', { fallbacks: ['x'] });
    expect([at, hints, members.asked.length]).toEqual([3, { x: 'a' }, 4]);
    const { no, unknown, pending, outcome } = error as QuorumNotReachedError;
    expect([[...no.keys()], [...unknown.keys()], pending, outcome]).toEqual([['b'], ['c'], ['a'], 'unknown']);
    expect(no.get('b')).toBeInstanceOf(QuorumNotReachedError);
    expect([...(no.get('b') as QuorumNotReachedError).no]).toEqual([['b', failed]]);
    expect([...(unknown.get('c') as QuorumNotReachedError).unknown]).toEqual([['c', broken]]);
  });

  it('says that nothing happened when everybody failed', async () => {
    const { error, hints } = await run('a:f1 b:n1 x:f1 y:f1 z:n1', {}, 100, or('a', 'b'));
    expect(error).toMatchObject({ outcome: 'failed', code: 'quorum-not-reached' });
    expect(hints).toEqual({ x: 'a', y: 'b', z: 'a' });
  });

  it('gives up in time, and leaves no timer', async () => {
    const { error, at, members } = await run('a:- b:- c:- x:- y:- z:-', { timeoutMs: 500, hedgeAfterMs: 100 });
    expect([at, (error as QuorumNotReachedError).outcome, members.clock.armed]).toEqual([500, 'unknown', 0]);
    expect(members.aborted.length).toBe(6);
  });

  it('aborts homes and fallbacks with the signal, and with `stopRest`', async () => {
    const controller = new AbortController();
    const members = new Members(script('a:- b:- c:f1 x:-'));
    const { clock, request } = members;
    const options = { clock, fallbacks: ['x'], signal: controller.signal, hedgeAfterMs: 7 };
    const watched = watch(sloppyQuorum(request, homes, options), clock);
    await clock.run(5);
    controller.abort('enough');
    await clock.run(0);
    expect([watched.error, clock.armed]).toEqual(['enough', 0]);
    expect(members.aborted.map(([member]) => member).toSorted()).toEqual(['a', 'b', 'x']);

    const stopped = await run('a:y1 b:y2 c:f1 x:y9', { stopRest: true });
    expect(stopped.members.aborted).toEqual([['x', 2]]);
  });

  it('refuses a fallback that is a home, or is named twice', async () => {
    for (const fallbacks of [
      ['x', 'a'],
      ['x', 'x'],
    ]) {
      expect((await run('a:y1', { fallbacks })).error).toBeInstanceOf(InvalidOptionError);
    }
  });

  it('breaks strict reads until the hints were handed off', async () => {
    const stores = new Map(['a', 'b', 'c', 'x', 'y'].map((id): [NodeId, Set<number>] => [id, new Set()]));
    const hints = new Hints<number>();
    const down = new Set(['b', 'c']);
    const { clock } = new Members({});
    const write = async (member: NodeId, _: AbortSignal, hintFor: NodeId | null): Promise<void> => {
      if (down.has(member)) throw broken;
      if (hintFor !== null) hints.add(hintFor, 7);
      else stores.get(member)!.add(7);
    };
    const { yes } = await sloppyQuorum(write, homes, { clock, fallbacks: ['x', 'y'] });
    expect([...yes.values()].some(({ by }) => by === 'x')).toBe(true);
    expect([stores.get('b')!.size, stores.get('c')!.size]).toEqual([0, 0]); // a quorum of homes knows nothing
    down.clear();
    for (const home of hints.status().perMember.keys()) {
      await hints.handOff(home, async (value) => void stores.get(home)!.add(value));
    }
    expect(['b', 'c'].map((home) => stores.get(home)!.has(7))).toEqual([true, true]);
  });
});
