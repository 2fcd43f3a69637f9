import { InvariantViolation } from '../../src/testing/index.js';
import type { RaftCommand } from '../../src/raft/index.js';
import type { MembershipChange } from './raft-scenario.js';
import type { Application, Host } from './raft-simulation.js';

/** A request that gets one answer. */
export type Request = Extract<RaftCommand, { readonly id: number }>;

/** Who was asked for what, and whether it was answered: each request once, unless whoever was asked crashes before. */
export class RequestBook {
  /** What is open, by incarnation: a crash ends it. */
  readonly #open = new WeakMap<Application, Map<number, Request>>();
  readonly #changes = new Map<number, MembershipChange>();
  #last = 0;

  /** The id of a new request. */
  next(): number {
    return ++this.#last;
  }

  /** A node was asked. */
  asked({ application }: Host, request: Request): void {
    let open = this.#open.get(application);
    if (open === undefined) this.#open.set(application, (open = new Map()));
    open.set(request.id, request);
    if (request.type === 'changeMembers') this.#changes.set(request.id, request.change);
  }

  /** A node answered. */
  answered({ id, application }: Host, request: number): void {
    const known = this.#open.get(application)?.delete(request) === true;
    if (!known) throw new InvariantViolation(`${id} answered request ${request}, which nobody waits for`);
  }

  /** The change that was asked for under an id. */
  change(id: number): MembershipChange {
    return this.#changes.get(id)!;
  }

  /** What a node owes an answer to. */
  unanswered({ id, application }: Host): string[] {
    const open = [...(this.#open.get(application)?.values() ?? [])];
    return open.map((request) => `${request.type} ${request.id} at ${id}`);
  }
}
