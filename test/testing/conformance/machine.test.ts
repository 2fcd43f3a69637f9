import { describe, expect, it } from 'vitest';
import type { RaftState } from '../../../src/raft/index.js';
import { machineCases } from '../../../src/testing/index.js';
import { raftSetup } from './raft-setup.js';
import { runCases } from './run-cases.js';

const seen = { leader: 0, candidate: 0, reads: 0, receiving: 0 };

function look({ role, reads, install }: RaftState): void {
  if (role === 'leader') seen.leader++;
  if (role === 'candidate') seen.candidate++;
  if (reads.length > 0) seen.reads++;
  if (install !== null) seen.receiving++;
}

describe('the Raft machine', () => {
  runCases(machineCases(raftSetup(look), { earlyWakesIdle: true }));

  it('was in the states that matter', () => {
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });
});
