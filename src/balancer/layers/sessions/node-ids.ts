import { InvalidOptionError } from '../../../core/index.js';
import { isPart } from './cookie-token.js';

/** What stands for nodes in cookies, in both directions. Holds as many as there are nodes. */
export class NodeIds {
  readonly #nodes: () => readonly string[];
  readonly #make: (node: string) => string;
  #ids = new Map<string, string>();
  #byId = new Map<string, string>();

  constructor(nodes: () => readonly string[], make: (node: string) => string) {
    this.#nodes = nodes;
    this.#make = make;
  }

  /** @throws InvalidOptionError when it can be in no cookie, or stands for another node as well */
  idOf(node: string): string {
    const known = this.#ids.get(node);
    if (known !== undefined) return known;
    this.#refresh();
    return this.#ids.get(node) ?? this.#checked(node);
  }

  /** The node for which it stands. O(1); O(nodes) when it is not known. @throws InvalidOptionError */
  nodeOf(id: string): string | undefined {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    this.#refresh();
    return this.#byId.get(id);
  }

  /** Nodes have come and gone. */
  #refresh(): void {
    const [ids, byId] = [new Map<string, string>(), new Map<string, string>()];
    for (const node of this.#nodes()) {
      const id = this.#ids.get(node) ?? this.#checked(node);
      const other = byId.get(id);
      if (other !== undefined)
        throw new InvalidOptionError('idOf', this.#make, `one that tells ${other} and ${node} apart`);
      ids.set(node, id);
      byId.set(id, node);
    }
    this.#ids = ids;
    this.#byId = byId;
  }

  #checked(node: string): string {
    const id = this.#make(node);
    if (isPart(id)) return id;
    throw new InvalidOptionError(
      `id of ${node}`,
      id,
      'up to 1024 characters that cookies may have, other than | and ~',
    );
  }
}

/** The name of a node as cookies may have it: other characters as four hexadecimal digits behind a percent sign. */
export function nameAsId(node: string): string {
  return node.replace(/[^\w.:[\]-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
