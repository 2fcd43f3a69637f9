import Table from 'cli-table3';
import { actions, type ExampleEvent, type Outcome, type Summary } from './events.js';

/** What has happened, for people. */
export function describe(event: ExampleEvent): string {
  switch (event.event) {
    case 'started':
      return `${event.process} is process ${event.pid}, run ${event.run}`;
    case 'outcome':
      return describeOutcome(event);
    case 'wrong-suspicion':
      return `${event.process} was suspected wrongly for ${seconds(event.ms)}: ${event.reason}`;
    case 'died':
      return `${event.process}, process ${event.pid}, died unexpectedly: ${event.how}`;
    case 'paused':
      return `this process itself stood still for ${seconds(event.ms)}: nobody is suspected for that`;
    case 'summary':
      return describeSummary(event);
  }
}

function describeOutcome({ action, process, seen, reason, detectionMs }: Outcome): string {
  if (seen === null || detectionMs === null) return `${process} should be ${actions[action].seen} by now, and is not`;
  const because = reason === null ? '' : ` (${reason})`;
  return `${process} is ${seen}${because}, ${seconds(detectionMs)} later`;
}

function describeSummary(summary: Summary): string {
  const { processes, heartbeats, intervalMs, detector, wrongSuspicions, missed, deaths } = summary;
  return [
    `${processes} processes beat every ${intervalMs} ms; ${heartbeats} heartbeats came; the detector was ${detector}`,
    `wrong suspicions: ${wrongSuspicions}`,
    ...(missed === 0 ? [] : [`not noticed: ${missed}`]),
    ...(deaths === 0 ? [] : [`died unexpectedly: ${deaths}`]),
  ].join('\n');
}

/** What has happened, as a line of JSON. */
export function jsonLine(event: ExampleEvent): string {
  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(100 * value) / 100 : value;
  return `${JSON.stringify(event, rounded)}\n`;
}

/** How each action was noticed, and after how long. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  const rows = new Table({
    head: ['process', 'what happened', 'noticed as', 'after'],
    colAligns: ['left', 'left', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { process, action, seen, reason, detectionMs } of outcomes) {
    const as = seen === null ? 'nothing' : reason === null ? seen : `${seen} (${reason})`;
    rows.push([process, actions[action].title, as, detectionMs === null ? '' : seconds(detectionMs)]);
  }
  return rows.toString();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}
