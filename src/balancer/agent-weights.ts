import { parseAgentReport } from './agent-report.js';
import type { Balancer } from './balancer.js';

interface Agent {
  readonly weight: number;
  admitted: boolean;
  up: boolean;
}

/**
 * Lets agents of nodes set weights and drain them, as HAProxy's agent-check does: `75%` is that part of the configured weight;
 * after `drain`, `maint` or `down` a node is given nothing until the agent says `ready` or `up`, whichever it took back. What a
 * report does not speak of stays as it was.
 *
 * Over any balancer with weights; which others do not make available meanwhile. Ask the agents yourself, every few seconds.
 */
export class AgentWeights {
  readonly #balancer: Pick<Balancer, 'add' | 'setAvailable'>;
  readonly #agents = new Map<string, Agent>();

  constructor(balancer: Pick<Balancer, 'add' | 'setAvailable'>) {
    this.#balancer = balancer;
  }

  /** Adds a node to the balancer, or changes its weight, of which its agent takes parts. @throws InvalidOptionError */
  add(node: string, weight = 1): void {
    this.#balancer.add(node, weight);
    this.#agents.set(node, { admitted: true, up: true, ...this.#agents.get(node), weight });
  }

  /** Forgets a node, which the balancer then may have removed or not. */
  remove(node: string): void {
    this.#agents.delete(node);
  }

  /** The agent of a node said this; see `parseAgentReport`. Of nodes that are not there nothing is noted. @throws MalformedError */
  report(node: string, text: string): void {
    const agent = this.#agents.get(node);
    if (agent === undefined) return;
    const { weight, admitted = agent.admitted, up = agent.up } = parseAgentReport(text);
    if (weight !== undefined) this.#balancer.add(node, weight * agent.weight);
    agent.admitted = admitted;
    agent.up = up;
    this.#balancer.setAvailable(node, admitted && up);
  }
}
