import { MalformedError } from '../core/index.js';

/** What the agent of a node said of it; what it did not speak of is left out. */
export interface AgentReport {
  /** The part of its configured weight that it wants, from 0 to 1 or more: 0.75 for `75%`. */
  readonly weight?: number;
  /** How many requests it wants to have at a time. */
  readonly maxInFlight?: number;
  /** Whether its operator lets it have requests: `false` for `drain` and `maint`, `true` for `ready`. */
  readonly admitted?: boolean;
  /** Whether it says that it works: `false` for `down`, `fail` and `stopped`. */
  readonly up?: boolean;
}

/** More than any agent has to say. */
const MAX_LENGTH = 1024;

/**
 * Reads what agents of HAProxy's agent-check say: one line of words such as `75%`, `up`, `ready`, `drain`, `maint`, `down`,
 * `failed`, `stopped`, `maxconn:30`, with spaces, tabs or commas between them; what follows `#` is for people. Of words that
 * contradict each other the last counts. Words that nobody knows are ignored, as they are there.
 *
 * @throws MalformedError for what is no such line: too long, or a number that is none
 */
export function parseAgentReport(text: string): AgentReport {
  if (typeof text !== 'string' || text.length > MAX_LENGTH)
    throw new MalformedError(`the report of an agent is a text of at most ${MAX_LENGTH} characters`);
  const report: { -readonly [K in keyof AgentReport]: AgentReport[K] } = {};
  const [line] = text.split(/[\r\n#]/, 1) as [string];
  for (const word of line.toLowerCase().split(/[ \t,]+/)) {
    if (word.endsWith('%')) report.weight = number(word.slice(0, -1), word) / 100;
    else if (word.startsWith('maxconn:')) report.maxInFlight = number(word.slice('maxconn:'.length), word);
    else if (word === 'ready') report.admitted = true;
    else if (word === 'drain' || word === 'maint') report.admitted = false;
    else if (word === 'up') report.up = true;
    else if (['down', 'fail', 'failed', 'stopped'].includes(word)) report.up = false;
  }
  return report;
}

function number(digits: string, word: string): number {
  if (/^\d{1,9}$/.test(digits)) return Number(digits);
  throw new MalformedError(`an agent said ${JSON.stringify(word)}, which has no whole number`);
}
