import type { Suite } from '../harness.js';
import { awayCases } from '../raft-growth/away.js';
import { memoryCases } from '../raft-growth/memory.js';
import { nodeCases } from '../raft-growth/nodes.js';

/*
 * What a cluster costs as it grows: in nodes and in the size of values (64 clients, real processes as in raft-cluster); in
 * entries, with snapshots as they come by default; and while a follower that was away catches up. All of it takes some
 * ten minutes; `ENTRIES=1000000` makes it shorter.
 */
const entries = Number(process.env['ENTRIES'] ?? 10_000_000);
if (!Number.isSafeInteger(entries) || entries < 10_000)
  throw new Error('ENTRIES must be a whole number of at least 10000');

/** A follower is away for a tenth of the entries. */
const suite: Suite = () => [...nodeCases(), ...memoryCases(entries), ...awayCases(Math.ceil(entries / 10))];

export default suite;
