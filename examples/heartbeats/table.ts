import Table from 'cli-table3';
import type { NodeId } from 'quorate/core';
import type { HeartbeatPeer } from 'quorate/detector/heartbeats';
import { parseGpid } from 'quorate/id';

/** A process, as its monitor sees it. */
export interface Row {
  readonly id: NodeId;
  /** `undefined` before it is watched. */
  readonly peer: HeartbeatPeer | undefined;
  readonly restarts: number;
}

/** How the table looks. */
export interface Look {
  /** How many characters a suspicion at its threshold takes. */
  readonly barWidth: number;
  readonly colors: boolean;
}

const HEAD = ['process', 'pid', 'port@start', 'state', 'suspicion', 'heard ago', 'lost', 'load'];
const WIDTHS = [8, 8, 15, 24, 0, 10, 5, 6];
const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' },
  ...{ 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' },
};

/** From an empty block to one with seven eighths. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const [RED, GREEN, YELLOW, DIM] = [31, 32, 33, 2];

/** How wide a table is with bars of no width. */
export const TABLE_WIDTH = WIDTHS.reduce((sum, width) => sum + width) + 8;

/** What the monitor knows, a line for each process. */
export function table(rows: readonly Row[], look: Look): string {
  const made = new Table({
    head: HEAD,
    chars: NO_BORDERS,
    colWidths: WIDTHS.map((width) => width || look.barWidth + 8),
    colAligns: ['left', 'left', 'left', 'left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 1 },
  });
  for (const row of rows) made.push(cells(row, look));
  return made.toString();
}

function cells({ id, peer, restarts }: Row, look: Look): string[] {
  if (peer === undefined) return [id, '', '', paint('starting', DIM, look)];
  const { silentMs, lost, load, run } = peer;
  const heard = silentMs === Infinity ? '' : `${(silentMs / 1000).toFixed(1)} s`;
  return [
    id,
    run === null ? '' : String(parseGpid(run).pid),
    run === null ? '' : shortRun(run),
    paint(stateOf(peer, restarts), colorOf(peer, restarts), look),
    bar(peer, look),
    heard,
    String(lost),
    load === null ? '' : `${Math.round(100 * load)} %`,
  ];
}

/** What tells runs at one address apart at a glance: the port, and when it started. */
function shortRun(run: string): string {
  const { port, startTimeUs } = parseGpid(run);
  return `${port}@${new Date(startTimeUs / 1000).toTimeString().slice(0, 8)}`;
}

/** What a monitor knows of a process, in words. */
export function stateOf({ condition, reason }: HeartbeatPeer, restarts: number): string {
  if (condition === 'suspected') return `suspected: ${reason}`;
  return restarts === 0 ? condition : `${condition}, restarted ${restarts === 1 ? 'once' : `${restarts} times`}`;
}

function colorOf({ condition }: HeartbeatPeer, restarts: number): number {
  if (condition === 'trusted') return restarts === 0 ? GREEN : YELLOW;
  return condition === 'suspected' ? RED : DIM;
}

/** The suspicion, as a part of the threshold. */
export function shareOf({ suspicion, threshold }: HeartbeatPeer): number {
  return threshold === null ? 0 : suspicion / threshold;
}

/** The suspicion as a bar that is full at the threshold. */
function bar(peer: HeartbeatPeer, look: Look): string {
  if (peer.condition === 'stopped') return '';
  const share = shareOf(peer);
  const eighths = Math.round(Math.min(1, share) * look.barWidth * 8);
  const filled = '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]!;
  const percent = share < 10 ? `${Math.round(100 * share)} %` : '> 999 %';
  const color = share >= 1 ? RED : share >= 0.5 ? YELLOW : GREEN;
  return `${paint(filled, color, look)}${paint('░'.repeat(look.barWidth - filled.length), DIM, look)} ${percent}`;
}

function paint(text: string, color: number, { colors }: Look): string {
  return colors && text !== '' ? `\u001b[${color}m${text}\u001b[0m` : text;
}
