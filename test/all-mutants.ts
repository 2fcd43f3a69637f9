import { sessionMutants } from './balancer/layers/sessions/mutants.js';
import { groupMutants, layerMutants } from './balancer/layers/groups-mutants.js';
import { requestsMutants } from './balancer/layers/requests-mutants.js';
import { slowStartMutants } from './balancer/layers/slow-start-mutants.js';
import { balancerMutants } from './balancer/mutants.js';
import { heartbeatMutants } from './detector/heartbeats/mutants.js';
import { detectorMutants } from './detector/mutants.js';
import { hashingMutants } from './hashing/mutants.js';
import { dnsMutants } from './health/dns-mutants.js';
import { healthMutants } from './health/mutants.js';
import { outlierMutants } from './health/outlier-mutants.js';
import { clientSessionMutants } from './host/sessions/mutants.js';
import type { Mutant } from './mutants.js';
import { quorumMutants } from './quorum/mutants.js';
import { foundMutants } from './raft/found-mutants.js';
import { raftMutants } from './raft/mutants.js';

/** The bugs that are known of each primitive. */
export const allMutants: Readonly<Record<string, readonly Mutant[]>> = {
  raft: [...raftMutants, ...foundMutants],
  sessions: clientSessionMutants,
  quorum: quorumMutants,
  hashing: hashingMutants,
  detector: detectorMutants,
  heartbeats: heartbeatMutants,
  balancer: balancerMutants,
  layers: [...slowStartMutants, ...groupMutants, ...layerMutants, ...requestsMutants, ...sessionMutants],
  health: [...healthMutants, ...outlierMutants, ...dnsMutants],
};
