import type { NodeId } from '../core/index.js';
import { openCall, type CallOptions, type MembershipChange, type OpenCall } from '../host/index.js';
import type { RaftCommand, RaftOutput } from './commands.js';
import { lostError, refusedError } from './errors.js';

/**
 * The changes of members and the transfers of leadership that callers of a node wait for. There is no limit of its own:
 * the machine takes one of each and refuses the others at once. They have no timeout, since catching up takes its time;
 * the caller's signal ends them.
 */
export class PendingRequests {
  readonly #submit: (command: RaftCommand) => void;
  readonly #nextId: () => number;
  readonly #open = new Map<number, OpenCall<never>>();

  constructor(nextId: () => number, submit: (command: RaftCommand) => void) {
    this.#nextId = nextId;
    this.#submit = submit;
  }

  /** Changes the members. A signal that aborts gives the change up, if it has not begun. */
  async change(change: MembershipChange, options?: CallOptions): Promise<void> {
    const id = this.#nextId();
    const cancel = (): void => this.#submit({ type: 'cancelChange', id });
    options?.signal?.addEventListener('abort', cancel, { once: true });
    try {
      await this.#ask<number>(id, { type: 'changeMembers', id, change }, options);
    } finally {
      options?.signal?.removeEventListener('abort', cancel);
    }
  }

  /** Hands leadership over; resolves with who leads then. */
  transfer(to: NodeId | null, options?: CallOptions): Promise<NodeId> {
    const id = this.#nextId();
    return this.#ask(id, { type: 'transfer', id, to }, options);
  }

  #ask<Result>(id: number, command: RaftCommand, options?: CallOptions): Promise<Result> {
    return openCall<Result>(Infinity, options, (call) => {
      this.#open.set(id, call);
      this.#submit(command);
    });
  }

  /** The members have changed. */
  changed({ id, index }: RaftOutput & { type: 'membersChanged' }): void {
    this.#take<number>(id)?.resolve(index);
  }

  /** Leadership went where it was to go. */
  transferred({ id, leader }: RaftOutput & { type: 'transferred' }): void {
    this.#take<NodeId>(id)?.resolve(leader);
  }

  /** Nothing of it happened. Does nothing for what others asked for. */
  refused({ id, reason, leader }: RaftOutput & { type: 'refused' }): void {
    this.#take(id)?.reject(refusedError(reason, leader));
  }

  /** What became of it cannot be told. */
  lost({ id }: RaftOutput & { type: 'lost' }): void {
    this.#take(id)?.reject(lostError('the change of members', 'look at the members in status()'));
  }

  #take<Result>(id: number): OpenCall<Result> | undefined {
    const call = this.#open.get(id);
    this.#open.delete(id);
    return call as OpenCall<Result> | undefined;
  }

  /** Rejects what is open. */
  close(reason: unknown): void {
    for (const call of this.#open.values()) call.reject(reason);
    this.#open.clear();
  }
}
