import type { HealthSource } from './health-source.js';

/**
 * A node is well when all sources say so: heartbeats notice at once that a process is gone, and checks that it does not answer.
 * One source that is wrong takes nodes out, so for what only sometimes knows better let a panic threshold stand behind it.
 *
 * Listeners are told what is so whenever a source tells something: also what they know already. O(sources) a question.
 */
export function allOf(...sources: readonly HealthSource[]): HealthSource {
  const isHealthy = (node: string): boolean => sources.every((source) => source.isHealthy(node));
  return {
    isHealthy,
    subscribe(listener) {
      const unsubscribe = sources.map((source) => source.subscribe((node) => listener(node, isHealthy(node))));
      return () => {
        for (const stop of unsubscribe) stop();
      };
    },
  };
}
