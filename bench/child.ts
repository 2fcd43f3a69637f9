import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a child answers: a value, or what went wrong. */
type Answer = { readonly value: unknown } | { readonly error: string };

/** A process that answers one question after another; it starts when it is first asked. Its program calls {@link answer}. */
export class Child<Question, Value> {
  readonly #program: URL;
  #process: ChildProcess | null = null;
  #ended: Promise<never> = new Promise(() => {});
  #last: Promise<unknown> = Promise.resolve();

  constructor(program: URL) {
    this.#program = program;
  }

  /** Asks when all earlier questions have been answered. */
  ask(question: Question): Promise<Value> {
    const asked = this.#last.then(() => this.#ask(question));
    this.#last = asked.catch(() => {});
    return asked;
  }

  async #ask(question: Question): Promise<Value> {
    const child = (this.#process ??= this.#start());
    const answered = once(child, 'message') as Promise<[Answer]>;
    child.send(question as object);
    const [answer] = await Promise.race([answered, this.#ended]);
    if ('error' in answer) throw new Error(answer.error);
    return answer.value as Value;
  }

  #start(): ChildProcess {
    const child = fork(fileURLToPath(this.#program), {
      execArgv: [...process.execArgv, '--expose-gc', '--no-deprecation'],
      serialization: 'advanced', // numbers that JSON has not
    });
    this.#ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the process ended: ${code}`)));
    this.#ended.catch(() => {});
    return child;
  }

  /** Ends the process. */
  close(): void {
    this.#process?.disconnect();
    this.#process = null;
  }
}

/** In the child: answers the questions, until the parent is gone. */
export function answer<Question>(how: (question: Question) => unknown): void {
  const tell = (value: Answer): void => void process.send!(value);
  process.on('message', (question) => {
    Promise.resolve()
      .then(() => how(question as Question))
      .then(
        (value) => tell({ value }),
        (error: unknown) => tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  process.on('disconnect', () => process.exit(0));
}
