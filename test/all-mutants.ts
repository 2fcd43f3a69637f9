import { balancerMutants } from './balancer/mutants.js';
import { heartbeatMutants } from './detector/heartbeats/mutants.js';
import { detectorMutants } from './detector/mutants.js';
import { hashingMutants } from './hashing/mutants.js';
import type { Mutant } from './mutants.js';
import { quorumMutants } from './quorum/mutants.js';
import { raftMutants } from './raft/mutants.js';

/** The bugs that are known of each primitive. */
export const allMutants: Readonly<Record<string, readonly Mutant[]>> = {
  raft: raftMutants,
  quorum: quorumMutants,
  hashing: hashingMutants,
  detector: detectorMutants,
  heartbeats: heartbeatMutants,
  balancer: balancerMutants,
};
