import { checkNumber } from '../core/index.js';
import type { Nodes } from './consistent-hash.js';
import { crc32, CRC32_START, crc32Update } from './crc32.js';
import { bytesOf } from './key.js';
import type { PointList } from './points.js';
import { Ring } from './ring.js';

const POINTS_PER_WEIGHT = 160;
const MAX_WEIGHT = 65_535;

/**
 * The ring of nginx, `hash ... consistent` of `ngx_http_upstream_hash_module`, whose points are those of the Perl client
 * Cache::Memcached::Fast: with the same servers every key is where nginx sends it. Names are the servers as the
 * configuration writes them: `10.0.0.1:8080`, `backend.example`, `unix:/run/a.sock`.
 *
 * A server of weight w has 160 w points, CRC-32 of host, a zero byte, port and the point before. Weights are whole numbers,
 * 0 for a server that is `down`. When a node comes or goes, only keys to or from that node move.
 *
 * O(1) on average and one CRC-32 a lookup, 10 bytes a point, O(points log points) at the first lookup after a change; the
 * fullest of ten nodes has 10 to 20 % more than the average. Not when nothing must agree with nginx: CRC-32 is weak as a
 * hash, and `HashRing` takes fractions.
 *
 * What differs: nginx deals requests with an empty key, and those whose first 20 points are of servers that failed, by
 * round robin. A point of two servers is that of the name that comes first here, of either there.
 *
 * @throws InvalidOptionError also for a weight that is no whole number
 */
export class NginxRing extends Ring {
  constructor(nodes: Nodes = []) {
    super(nodes, (key) => crc32(bytesOf(key)));
  }

  /** @internal */
  protected override admit(node: string, weight: number): void {
    checkNumber(`weight of ${node}`, weight, { min: 0, max: MAX_WEIGHT });
  }

  /** @internal */
  protected addPoints(nodes: readonly string[], weights: readonly number[], points: PointList): void {
    // nginx keeps one of the points with equal hashes, which shows when it walks on from a server that failed.
    const taken = new Set<number>();
    nodes.forEach((node, number) => {
      const base = baseOf(node);
      let hash = 0;
      for (let i = 0; i < weights[number]! * POINTS_PER_WEIGHT; i++) {
        const former = [hash & 255, (hash >>> 8) & 255, (hash >>> 16) & 255, hash >>> 24];
        hash = ~crc32Update(base, former) >>> 0;
        if (!taken.has(hash)) points.add(hash, number);
        taken.add(hash);
      }
    });
  }
}

/** The register after host, zero byte and port. A port is digits behind the last colon; a socket's path has none. */
function baseOf(server: string): number {
  const [, host, port] = /^unix:(.*)$/is.exec(server) ?? /^(.*):([0-9]*)$/s.exec(server) ?? [server, server];
  return crc32Update(CRC32_START, bytesOf(`${host}\0${port ?? ''}`));
}
