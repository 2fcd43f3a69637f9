import { QuorateError, type Cancel, type NodeId } from '../../src/core/index.js';
import { VirtualClock } from '../../src/testing/index.js';

/** A virtual clock that knows how many timers are armed. */
export class CountingClock extends VirtualClock {
  armed = 0;

  override after(ms: number, callback: () => void): Cancel {
    this.armed++;
    let over = false;
    const end = (): void => {
      if (!over) this.armed--;
      over = true;
    };
    const cancel = super.after(ms, () => {
      end();
      callback();
    });
    return () => {
      end();
      cancel();
    };
  }
}

/** How a member answers: after how long, and what. `never`: not at all. */
export interface Behaviour {
  readonly ms: number;
  readonly says: 'yes' | 'refuses' | 'fails' | 'breaks' | 'never' | 'throws';
}

export const failed = new QuorateError('disk-full', 'no room');
export const broken = new QuorateError('connection-lost', 'gone', { outcome: 'unknown' });

/** Members that behave as the script says, and what was asked of them. */
export class Members {
  readonly clock: CountingClock;
  /** Who was asked, and when. */
  readonly asked: (readonly [NodeId, number])[] = [];
  /** Whose signal aborted before they answered, and when. */
  readonly aborted: (readonly [NodeId, number])[] = [];
  readonly signals = new Map<NodeId, AbortSignal>();
  readonly #script: Readonly<Record<NodeId, Behaviour>>;

  constructor(script: Readonly<Record<NodeId, Behaviour>>, clock = new CountingClock()) {
    this.#script = script;
    this.clock = clock;
  }

  readonly request = (member: NodeId, signal: AbortSignal): Promise<string> => {
    const { ms, says } = this.#script[member]!;
    this.asked.push([member, this.clock.now()]);
    this.signals.set(member, signal);
    if (says === 'throws') throw failed;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.aborted.push([member, this.clock.now()]);
        cancel();
        reject(signal.reason);
      };
      const cancel = this.clock.after(says === 'never' ? 1e9 : ms, () => {
        signal.removeEventListener('abort', abort);
        if (says === 'fails') reject(failed);
        else if (says === 'breaks') reject(broken);
        else resolve(says === 'refuses' ? 'no' : `${member} yes`);
      });
      signal.addEventListener('abort', abort, { once: true });
    });
  };

  readonly accepts = (answer: string): boolean => answer !== 'no';
}

/** A promise that can be looked at: what became of it, and when. */
export interface Watched<Value> {
  value?: Value;
  error?: unknown;
  at?: number;
}

export function watch<Value>(promise: PromiseLike<Value>, clock: VirtualClock): Watched<Value> {
  const watched: Watched<Value> = {};
  promise.then(
    (value) => Object.assign(watched, { value, at: clock.now() }),
    (error: unknown) => Object.assign(watched, { error, at: clock.now() }),
  );
  return watched;
}

const words = { y: 'yes', n: 'refuses', f: 'fails', b: 'breaks', t: 'throws' } as const;

/** `'a:y10 b:f20 c:-'`: a says yes after 10 ms, b fails after 20 ms, c never answers. */
export function script(text: string): Record<NodeId, Behaviour> {
  return Object.fromEntries(
    text
      .split(' ')
      .filter(Boolean)
      .map((part): [NodeId, Behaviour] => {
        const [member, what] = part.split(':') as [string, string];
        const says = words[what[0] as keyof typeof words] ?? 'never';
        return [member, { ms: Number(what.slice(1) || 0), says }];
      }),
  );
}

export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
