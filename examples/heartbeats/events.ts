import type { NodeId } from 'quorate/core';
import type { SuspicionReason } from 'quorate/detector/heartbeats';

/** What is done to a process. */
export type Action = 'SIGSTOP' | 'SIGCONT' | 'SIGKILL' | 'restart' | 'block' | 'unblock' | 'leave';

/** What a monitor tells of a process. */
export type Seen = 'trusted' | 'suspected' | 'restarted' | 'stopped';

/** How each action is to be noticed, and what it is called for people. */
export const actions: Readonly<Record<Action, { readonly seen: Seen; readonly title: string }>> = {
  SIGSTOP: { seen: 'suspected', title: 'SIGSTOP' },
  SIGCONT: { seen: 'trusted', title: 'SIGCONT' },
  SIGKILL: { seen: 'suspected', title: 'SIGKILL' },
  restart: { seen: 'restarted', title: 'started again' },
  block: { seen: 'suspected', title: 'works without a break' },
  unblock: { seen: 'trusted', title: 'its work is done' },
  leave: { seen: 'stopped', title: 'leaves' },
};

/** How an action was noticed: with `--json` a line. */
export interface Outcome {
  readonly event: 'outcome';
  readonly action: Action;
  readonly process: NodeId;
  readonly pid: number;
  /** The text of the gpid. */
  readonly run: string;
  /** As what it was noticed; `null` when it was not. */
  readonly seen: Seen | null;
  /** Why it was suspected, if it was. */
  readonly reason: SuspicionReason | null;
  /** How long that took, in milliseconds. */
  readonly detectionMs: number | null;
}

/** How it went, in the end. */
export interface Summary {
  readonly event: 'summary';
  readonly detector: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly processes: number;
  /** Heartbeats that came. */
  readonly heartbeats: number;
  /** How many actions were noticed, and how many were not. */
  readonly noticed: number;
  readonly missed: number;
  /** How often a process was suspected that lived and worked. */
  readonly wrongSuspicions: number;
  /** How many processes ended that nobody ended. */
  readonly deaths: number;
}

/** What is told as it happens. */
export type ExampleEvent =
  | Outcome
  | Summary
  | { readonly event: 'started'; readonly process: NodeId; readonly pid: number; readonly run: string }
  /** A process was suspected for so long, and should not have been. */
  | {
      readonly event: 'wrong-suspicion';
      readonly process: NodeId;
      readonly reason: SuspicionReason;
      readonly ms: number;
    }
  /** A process ended that nobody ended. */
  | { readonly event: 'died'; readonly process: NodeId; readonly pid: number; readonly how: string }
  /** The monitor itself stood still. */
  | { readonly event: 'paused'; readonly ms: number };

/** Whether all was noticed, and nothing else. */
export function isGood({ missed, wrongSuspicions, deaths }: Summary): boolean {
  return missed + wrongSuspicions + deaths === 0;
}
