import { Child } from '../child.js';
import type { Case, Suite, Unit } from '../harness.js';
import type { Question } from '../heartbeats/subject.js';

/*
 * Heartbeats with 100,000 peers: what one costs that arrives, with all timers of its monitor, and one that is sent; what a
 * monitor holds for each peer.
 */

const program = new URL('../heartbeats/subject.ts', import.meta.url);

function measured(name: string, unit: Unit, question: Omit<Question, 'seconds'>): Case {
  const child = new Child<Question, number>(program);
  const close = (): void => child.close();
  return {
    name,
    unit,
    async measure(seconds) {
      const value = await child.ask({ ...question, seconds });
      if (unit === 'bytes') close(); // what was measured before would count
      return value;
    },
    close,
  };
}

const suite: Suite = () => [
  measured('received, fixed timeout', 'ns/op', { what: 'received', detector: 'fixed timeout' }),
  measured('received, phi', 'ns/op', { what: 'received', detector: 'phi' }),
  measured('parsed, with load and metadata', 'ns/op', { what: 'parsed', detector: 'fixed timeout' }),
  measured('sent, for each peer', 'ns/op', { what: 'sent', detector: 'fixed timeout' }),
  measured('a peer, fixed timeout', 'bytes', { what: 'bytes', detector: 'fixed timeout' }),
  measured('a peer, phi without its window', 'bytes', { what: 'bytes', detector: 'phi' }),
];

export default suite;
