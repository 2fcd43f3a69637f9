interface Operation<Write, Checkpoint> {
  apply(disk: SimulatedDisk<Write, Checkpoint>): void;
  /** The records of an append, of which a crash may leave the first; `null` for what happens as a whole or not. */
  readonly writes: readonly Write[] | null;
  done(): void;
}

/** A checkpoint on a {@link SimulatedDisk}, and which older records it leaves in place. */
export interface SimulatedCheckpoint<Write, Checkpoint> {
  readonly checkpoint: Checkpoint;
  /** Which of the older records stay. */
  readonly keep: (record: Write) => boolean;
  /** Records that take the place of those that do not stay. */
  readonly carry: readonly Write[];
}

/**
 * The disk of a simulated node: what is durable, and the operations under way, which complete in order. A crash loses
 * those, or keeps some of the first of them without ever having said so.
 */
export class SimulatedDisk<Write, Checkpoint> {
  /** The durable records, in order. */
  records: Write[] = [];
  /** The durable checkpoint. */
  checkpoint: Checkpoint | null = null;
  /** Whether bits have flipped: the next start is refused. */
  corrupt = false;
  readonly #changed: () => void;
  #queue: Operation<Write, Checkpoint>[] = [];

  /** @param changed - called when operations wait */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Whether nothing waits. */
  get idle(): boolean {
    return this.#queue.length === 0;
  }

  /** The records that are on their way and not durable yet. */
  pending(): readonly Write[] {
    return this.#queue.flatMap((operation) => operation.writes ?? []);
  }

  /** Appends records; `done` is called when they are durable, and never when the node crashes before. */
  append(writes: readonly Write[], done: () => void): void {
    const apply = (disk: SimulatedDisk<Write, Checkpoint>): void => {
      for (const write of writes) disk.records.push(write);
    };
    this.#queue.push({ writes, done, apply });
    this.#changed();
  }

  /** Replaces the checkpoint and the records that it does not keep, atomically. */
  replace({ checkpoint, keep, carry }: SimulatedCheckpoint<Write, Checkpoint>, done: () => void): void {
    const apply = (disk: SimulatedDisk<Write, Checkpoint>): void => {
      disk.checkpoint = checkpoint;
      disk.records = [...carry, ...disk.records.filter(keep)];
    };
    this.#queue.push({ writes: null, done, apply });
    this.#changed();
  }

  /** The oldest operation is durable. */
  completeNext(): void {
    const operation = this.#queue.shift();
    operation?.apply(this);
    operation?.done();
  }

  /** Power is lost: operations under way are gone, but a random number of the first may have reached the disk. */
  crash(random: () => number): void {
    for (const operation of this.#queue) {
      const survives = random();
      if (survives < 0.7) {
        if (operation.writes !== null && survives < 0.2) {
          this.records.push(...operation.writes.slice(0, Math.floor(random() * operation.writes.length)));
        }
        break;
      }
      operation.apply(this);
    }
    this.#queue = [];
  }
}
