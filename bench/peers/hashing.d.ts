declare module 'hashring' {
  export default class HashRing {
    constructor(servers: readonly string[], algorithm?: string, options?: { readonly 'max cache size'?: number });
    get(key: string): string;
  }
}

declare module 'consistent-hash' {
  export default class ConsistentHash {
    constructor(options?: { readonly range?: number });
    add(node: string, points: number): this;
    get(key: string): string;
  }
}

declare module 'rendezvous-hash' {
  export default function select(key: string, nodes: Readonly<Record<string, string>>): string | undefined;
}
