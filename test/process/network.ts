import { spawnSync } from 'node:child_process';

/** The end of a link is called after where it leads to: `to-n1`. */
const end = (other: string): string => `to-${other}`;

/** `ip` is often where only root looks. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

/** Runs commands of `ip` in the network namespace of a process. */
function ip(pid: number, ...commands: readonly string[]): void {
  const input = commands.join('\n');
  const args = ['--target', `${pid}`, '--net', 'ip', '-batch', '-'];
  const { status, stderr, error } = spawnSync('nsenter', args, { input, env });
  if (status !== 0) throw new Error(`ip: ${error?.message ?? stderr.toString()} in ${input}`);
}

/**
 * A network of processes, each in a network namespace of its own: a cable from each to each, so that any two can be parted.
 * Namespaces and cables have no names outside the processes, and are gone when these have ended, however they did.
 */
export class Network {
  /** The process in each namespace. */
  readonly #pids: ReadonlyMap<string, number>;

  /** Lays the cables. @param pids - the process in each namespace, by a name of at most 12 characters */
  constructor(pids: ReadonlyMap<string, number>) {
    this.#pids = pids;
    const names = [...pids.keys()];
    for (const [name, pid] of pids) ip(pid, 'link set lo up', `address add ${this.address(name)}/32 dev lo`);
    for (const [i, a] of names.entries()) {
      for (const b of names.slice(i + 1)) this.#lay(a, b);
    }
  }

  /** The address of a process. */
  address(name: string): string {
    return `10.0.0.${[...this.#pids.keys()].indexOf(name) + 1}`;
  }

  /** Parts a process from others. It notices that, they do not: there is only silence. */
  cut(name: string, others: readonly string[]): void {
    ip(this.#pids.get(name)!, ...others.map((other) => `link set ${end(other)} down`));
  }

  /** Undoes {@link cut}. */
  heal(name: string, others: readonly string[]): void {
    for (const other of others) this.#connect(name, other);
  }

  #lay(a: string, b: string): void {
    const [ofA, ofB] = [this.#pids.get(a)!, this.#pids.get(b)!];
    ip(ofA, `link add ${end(b)} type veth peer name ${end(a)} netns ${ofB}`);
    this.#connect(a, b);
    this.#connect(b, a);
  }

  /** The system forgets the ways through a link that is down, so this says the way again. */
  #connect(name: string, other: string): void {
    const way = `${this.address(other)}/32 dev ${end(other)} src ${this.address(name)}`;
    ip(this.#pids.get(name)!, `link set ${end(other)} up`, `route add ${way}`);
  }
}

/** What runs a program in a network namespace of its own, in which it may do what it wants; or why nothing does. */
export type Isolation = { readonly command: readonly string[] } | { readonly reason: string };

/** Root needs nothing else; others become root in a user namespace, where the system lets them. */
const COMMANDS = [
  ['unshare', '--net'],
  ['unshare', '--map-root-user', '--net'],
];

/** What {@link Network} needs: cables, and namespaces in which another process acts. */
const NEEDED = 'unshare --net true && ip link add va type veth peer name vb && nsenter --target $$ --net true';

/** What this machine allows. */
export function isolation(): Isolation {
  const reasons = new Set<string>();
  for (const command of COMMANDS) {
    const [program, ...args] = command;
    const { status, stderr, error } = spawnSync(program!, [...args, 'sh', '-c', NEEDED], { encoding: 'utf8', env });
    if (status === 0) return { command };
    reasons.add(error?.message ?? stderr.trim().replaceAll('\n', ', '));
  }
  return { reason: [...reasons].join('; ') };
}
