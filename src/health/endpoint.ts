/** A node as a discovery knows it. */
export interface Endpoint {
  /** What names the node, and where it listens: `10.0.0.7:80`, `[2001:db8::7]:80` or `a.example:80`. */
  readonly node: string;
  /** Its share relative to others: any number from 0, which gives it none. @defaultValue 1 */
  readonly weight?: number;
  /** Its level, lower ones first, as in SRV records. @defaultValue none was said */
  readonly priority?: number;
  /** Where it is. @defaultValue none was said */
  readonly zone?: string;
}
