interface Operation<Write, Checkpoint> {
  /** The records of an append, of which a crash may leave the first; `null` for what happens as a whole or not. */
  readonly writes: readonly Write[] | null;
  readonly replacement: SimulatedCheckpoint<Write, Checkpoint> | null;
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

/** A record whose bits have flipped, by its place in the list; -1 is the checkpoint. */
interface Damage {
  readonly place: number;
  /** Whether it was the last: then a reader takes it for one that a crash has torn. */
  readonly last: boolean;
}

/**
 * The disk of a simulated node: what is durable, and the operations under way, which complete in order. A crash loses
 * those, or keeps some of the first of them without ever having said so; of the first that it loses, some records may be
 * whole, and the next one torn, which is cut off.
 */
export class SimulatedDisk<Write, Checkpoint> {
  /** The durable records, in order. */
  records: Write[] = [];
  /** The durable checkpoint. */
  checkpoint: Checkpoint | null = null;
  readonly #changed: () => void;
  #queue: Operation<Write, Checkpoint>[] = [];
  #damage: Damage | null = null;

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

  /** Whether these records can be read: bits have flipped in none of them. */
  readable(records: readonly Write[]): boolean {
    return this.#damage === null || this.#damage.place < 0 || !records.includes(this.records[this.#damage.place]!);
  }

  /** Whether the checkpoint can be read. */
  get checkpointReadable(): boolean {
    return this.#damage === null || this.#damage.place >= 0;
  }

  /** Appends records; `done` is called when they are durable, and never when the node crashes before. */
  append(writes: readonly Write[], done: () => void): void {
    this.#queue.push({ writes, replacement: null, done });
    this.#changed();
  }

  /** Replaces the checkpoint and the records that it does not keep, atomically. */
  replace(replacement: SimulatedCheckpoint<Write, Checkpoint>, done: () => void): void {
    this.#queue.push({ writes: null, replacement, done });
    this.#changed();
  }

  /** The oldest operation is durable. */
  completeNext(): void {
    const operation = this.#queue.shift();
    if (operation === undefined) return;
    this.#apply(operation);
    operation.done();
  }

  /** Power is lost. Returns what was under way and has reached the disk all the same. */
  crash(random: () => number): { readonly operations: number; readonly records: number } {
    let operations = 0;
    let records = 0;
    for (const operation of this.#queue) {
      const survives = random();
      if (survives < 0.7) {
        if (operation.writes !== null && survives < 0.2) {
          records = Math.floor(random() * operation.writes.length);
          this.#push(operation.writes, records);
        }
        break;
      }
      this.#apply(operation);
      operations++;
    }
    this.#queue = [];
    return { operations, records };
  }

  /** Bits flip at a place from 0, the oldest, to 1, the last; nothing happens where only the last could be hit. */
  flipBits(where: number): void {
    const first = this.checkpoint === null ? 0 : -1;
    const last = this.records.length - 1;
    const place = where === 1 ? last : first + Math.floor(where * (last - first));
    if (place < first || (place === last && where < 1)) return;
    this.#damage ??= { place, last: place === last && place >= 0 };
  }

  /** Everything is gone. */
  wipe(): void {
    this.records = [];
    this.checkpoint = null;
    this.#damage = null;
    this.#queue = [];
  }

  /** Bits are as they were. */
  repair(): void {
    this.#damage = null;
  }

  /** Reads everything, as a node does when it starts: cuts a torn end off, and says whether the rest is good. */
  open(): boolean {
    if (this.#damage === null) return true;
    const { place, last } = this.#damage;
    if (!last || place !== this.records.length - 1) return false;
    this.records.pop();
    this.#damage = null;
    return true;
  }

  #apply({ writes, replacement }: Operation<Write, Checkpoint>): void {
    if (writes !== null) this.#push(writes, writes.length);
    if (replacement !== null) this.#replace(replacement);
  }

  #push(writes: readonly Write[], count: number): void {
    for (let i = 0; i < count; i++) this.records.push(writes[i]!);
  }

  #replace({ checkpoint, keep, carry }: SimulatedCheckpoint<Write, Checkpoint>): void {
    const old = this.records;
    this.checkpoint = checkpoint;
    this.records = [...carry];
    let damage: Damage | null = null;
    for (let place = 0; place < old.length; place++) {
      if (!keep(old[place]!)) continue;
      // It no longer counts as the last one: what was behind it may be gone from this list, but not from the disk.
      if (place === this.#damage?.place) damage = { place: this.records.length, last: false };
      this.records.push(old[place]!);
    }
    this.#damage = damage; // that of the old checkpoint went with it
  }
}
