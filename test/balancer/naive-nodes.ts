import type { play } from './balancer-suite.js';

/** A node as a strategy would know it that has nothing but lists. */
export interface NaiveNode {
  readonly node: string;
  /** When it came, as a count of those that did. */
  readonly came: number;
  weight: number;
  available: boolean;
  inFlight: number;
  /** When it came, or was last given or freed a request, as a count of such events. */
  turn: number;
  /** For whatever a strategy wants to note. */
  note: number;
}

/**
 * Plays events as `play` does, with nothing but a list of nodes and a function that chooses one of those that can be picked.
 *
 * @param choose - `changed` says whether nodes, weights or availability have changed since the last time
 */
export function playNaive(
  list: Parameters<typeof play>[1],
  choose: (candidates: readonly NaiveNode[], changed: boolean) => NaiveNode,
): (string | null)[] {
  const nodes = new Map<string, NaiveNode>();
  const open: NaiveNode[] = [];
  const picks: (string | null)[] = [];
  let changed = true;
  let turns = 0;
  for (const event of list)
    switch (event.type) {
      case 'add': {
        const { node, weight } = event;
        const known = nodes.get(node);
        if (known === undefined) {
          const turn = turns++;
          nodes.set(node, { node, came: turn, weight, available: true, inFlight: 0, turn, note: 0 });
        } else known.weight = weight;
        changed = true;
        break;
      }
      case 'remove':
        changed = nodes.delete(event.node) || changed;
        break;
      case 'setAvailable': {
        const known = nodes.get(event.node);
        if (known !== undefined) known.available = event.available;
        changed = true;
        break;
      }
      case 'done': {
        const [node] = open.splice(event.which % Math.max(1, open.length), 1);
        if (node === undefined) break;
        node.inFlight--;
        node.turn = turns++;
        break;
      }
      case 'pick': {
        const candidates = [...nodes.values()].filter(({ available, weight }) => available && weight > 0);
        if (candidates.length === 0) {
          picks.push(null);
          break;
        }
        const node = choose(candidates, changed);
        changed = false;
        node.inFlight++;
        node.turn = turns++;
        open.push(node);
        picks.push(node.node);
      }
    }
  return picks;
}

/** The first with the least of something. */
export function leastBy<T>(list: readonly T[], ...keys: ((item: T) => number)[]): T {
  return list.reduce((best, item) => {
    for (const key of keys) {
      if (key(item) < key(best)) return item;
      if (key(item) > key(best)) return best;
    }
    return best;
  });
}

/** Load as HAProxy counts it. */
export function haproxyLoad({ inFlight, weight }: NaiveNode): number {
  return inFlight === 0 ? 0 : (inFlight + 1) / weight;
}
