import type { Heartbeats, HeartbeatsEvents } from '../detector/heartbeats.js';
import type { HealthSource } from './health-source.js';

const TELLING = ['trusted', 'suspected', 'restarted', 'stopped'] as const satisfies (keyof HeartbeatsEvents)[];

/**
 * Health out of heartbeats: a peer is unwell while it is suspected, and once it said that it stops. One from which nothing came
 * yet is well until it is late. Cheaper than checks where many watch one, and sooner; but a heartbeat says that a process is
 * there, not that it answers (`progressTimeoutMs` of the one that beats says more).
 *
 * Nodes of a balancer that follows it are named as the peers are. To watch them is up to the program; a peer that is not watched
 * any more is well, which nobody is told: remove it from the balancer first. Nothing to close: unsubscribe.
 */
export function heartbeatHealth(heartbeats: Heartbeats): HealthSource {
  const isHealthy = (node: string): boolean => {
    const condition = heartbeats.peer(node)?.condition;
    return condition !== 'suspected' && condition !== 'stopped';
  };
  return {
    isHealthy,
    subscribe(listener) {
      const hear = ({ peer }: { readonly peer: string }): void => listener(peer, isHealthy(peer));
      for (const name of TELLING) heartbeats.on(name, hear);
      return () => {
        for (const name of TELLING) heartbeats.off(name, hear);
      };
    },
  };
}
