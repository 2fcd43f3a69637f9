import type { Mutant } from '../../mutants.js';

/** Bugs of layers that divide nodes into groups. Each must be found by its suite. */
export const groupMutants: readonly Mutant[] = [
  {
    name: 'load is divided by more than full health',
    suite: 'test/balancer/layers/priority-loads.test.ts',
    file: 'balancer/layers/priority-loads.ts',
    find: 'percentages(healths, Math.min(100, sum(healths)))',
    replace: 'percentages(healths, sum(healths))',
  },
  {
    name: 'what rounding leaves goes to the first level, healthy or not',
    suite: 'test/balancer/layers/priority-loads.test.ts',
    file: 'balancer/layers/priority-loads.ts',
    find: 'parts.findIndex((part) => part > 0)',
    replace: 'parts.length - 1 && 0',
  },
  {
    name: 'a whole percentage falls below by the rounding of numbers',
    suite: 'test/balancer/layers/priority-loads.test.ts',
    file: 'balancer/layers/priority-loads.ts',
    find: ' + 1e-9)',
    replace: ')',
  },
  {
    name: 'a level panics although others can take its load',
    suite: 'test/balancer/layers/priority-levels.test.ts',
    file: 'balancer/layers/priority-loads.ts',
    find: 'health < 100 && available',
    replace: 'available',
  },
  {
    name: 'when all levels panic they still share by health',
    suite: 'test/balancer/layers/priority-levels.test.ts',
    file: 'balancer/layers/priority-loads.ts',
    find: 'if (!panics.every(Boolean)) return',
    replace: 'if (panics.length > 0) return',
  },
  {
    name: 'the end of a panic leaves nodes open that are down',
    suite: 'test/balancer/layers/priority-levels.test.ts',
    file: 'balancer/layers/group.ts',
    find: 'if (this.#panics === panics) return;',
    replace: 'if (this.#panics === panics || this.#panics) return;',
  },
  {
    name: 'nodes without weight count as hosts',
    suite: 'test/balancer/layers/priority-levels.test.ts',
    file: 'balancer/layers/group.ts',
    find: 'if (weight === 0) return;\n',
    replace: '',
  },
  {
    name: 'in panic a session stays with a node that is down',
    suite: 'test/balancer/layers/priority-levels.test.ts',
    file: 'balancer/layers/grouped.ts',
    find: 'return group?.isAvailable(node) ? group.balancer.pickNode(node) : undefined;',
    replace: 'return group?.balancer.pickNode(node);',
  },
  {
    name: 'a group without a node to give refuses the request',
    suite: 'test/balancer/layers/backups.test.ts',
    file: 'balancer/layers/grouped.ts',
    find: "if (isQuorateError(error, 'no-node')) return undefined;",
    replace: '',
  },
  {
    name: 'a node that moves to another group stays in the first one as well',
    suite: 'test/balancer/layers/priority-levels.test.ts',
    file: 'balancer/layers/grouped.ts',
    find: 'if (before !== undefined && before !== group) this.#leave(before, node);',
    replace: '',
  },
  {
    name: 'a backup without weight stands in',
    suite: 'test/balancer/layers/backups.test.ts',
    file: 'balancer/layers/group.ts',
    find: 'if (available && weight > 0) yield node;',
    replace: 'if (available) yield node;',
  },
  {
    name: 'a zone keeps more than its part of the clients allows',
    suite: 'test/balancer/layers/prefer-local.test.ts',
    file: 'balancer/layers/prefer-local.ts',
    find: 'return Math.min(1, healthy, weight / total / this.#localShareOfClients);',
    replace: 'return Math.min(1, healthy);',
  },
  {
    name: 'what a zone cannot take goes to others without regard to their weights',
    suite: 'test/balancer/layers/prefer-local.test.ts',
    file: 'balancer/layers/prefer-local.ts',
    find: 'this.#others.set(group, group.availableWeight);',
    replace: 'this.#others.set(group, 1);',
  },
  {
    name: 'the rest of a draw is not stretched, so that zones at the end of the list get more',
    suite: 'test/balancer/layers/prefer-local.test.ts',
    file: 'balancer/layers/prefer-local.ts',
    find: '(drawn - share) / (1 - share)',
    replace: 'drawn',
  },
  {
    name: 'a request that is done is still one of its group',
    suite: 'test/balancer/layers/two-levels.test.ts',
    file: 'balancer/layers/two-levels.ts',
    find: 'heardLease(lease, group.done)',
    replace: 'heardLease(lease, () => undefined)',
  },
  {
    name: 'a group that had no node once is never chosen again',
    suite: 'test/balancer/layers/two-levels.test.ts',
    file: 'balancer/layers/two-levels.ts',
    find: 'for (const group of closed) this.#groups.setAvailable(group, true);',
    replace: '',
  },
  {
    name: 'the balancer of groups is searched for nodes',
    suite: 'test/balancer/layers/two-levels.test.ts',
    file: 'balancer/layers/two-levels.ts',
    find: '  /** A request for this node, if it is available, and of its group, if that gives one. */\n',
    replace:
      '  override get inside(): readonly Balancer<Context>[] {\n    return [...super.inside, this.#groups];\n  }\n\n',
  },
  {
    name: 'a request for a given node is not one of its group',
    suite: 'test/balancer/layers/two-levels.test.ts',
    file: 'balancer/layers/two-levels.ts',
    find: 'if (group !== undefined) return both(group, lease);',
    replace: 'return lease;',
  },
];

/** Bugs of what all layers share. Each must be found by its suite. */
export const layerMutants: readonly Mutant[] = [
  {
    name: 'a layer forgets what was told when it lets a node in again',
    suite: 'test/balancer/layers/layer.test.ts',
    file: 'balancer/layers/layer.ts',
    find: 'this.inner.setAvailable(node, told.available && this.allows(node));',
    replace: 'this.inner.setAvailable(node, this.allows(node));',
  },
  {
    name: 'a weight that is refused is remembered',
    suite: 'test/balancer/layers/layer.test.ts',
    file: 'balancer/layers/layer.ts',
    find: '      this.inner.add(node, weight * this.factor(node)); // which refuses what is no weight\n      told.weight = weight;\n',
    replace: '      told.weight = weight;\n      this.inner.add(node, weight * this.factor(node));\n',
  },
  {
    name: 'a node that comes again is as unwell as it was',
    suite: 'test/balancer/layers/layer.test.ts',
    file: 'balancer/layers/health-gate.ts',
    find: '  protected override removed(node: string): void {\n    this.#unhealthy.delete(node);\n',
    replace: '  protected override removed(_node: string): void {\n',
  },
  {
    name: 'a pick that fails leaves nodes closed',
    suite: 'test/balancer/layers/layer.test.ts',
    file: 'balancer/layers/pick-except.ts',
    find: '  try {\n    return balancer.pick(context);\n  } finally {\n    for (const [strategy, node] of closed) strategy.setAvailable(node, true);\n  }\n',
    replace:
      '  const lease = balancer.pick(context);\n  for (const [strategy, node] of closed) strategy.setAvailable(node, true);\n  return lease;\n',
  },
  {
    name: 'a pick without some nodes opens those that were closed',
    suite: 'test/balancer/layers/layer.test.ts',
    file: 'balancer/layers/pick-except.ts',
    find: '.memberOf(node)?.available)',
    replace: '.memberOf(node))',
  },
  {
    name: 'a request for a given node is not counted',
    suite: 'test/balancer/least-connections.test.ts',
    file: 'balancer/members.ts',
    find: 'return member?.available ? member.lease() : undefined;',
    replace: 'return member?.available ? { node, done: () => {} } : undefined;',
  },
];
