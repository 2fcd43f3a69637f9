/* All attacks at once, as a process: the parent sends an `AttackOrder`, and asks by each later message what was done. */
import { Attacker } from '../attacks/attacker.js';
import { attacksOn } from '../attacks/attacks.js';
import type { Identity } from '../transport/certificates.js';
import type { TransportName } from '../attacks/attacked-transport.js';

/** What is to be attacked. */
export interface AttackOrder {
  readonly address: string;
  readonly transport: TransportName;
  /** For `tls`: the certificate of each attack, by its name. */
  readonly certified: Readonly<Record<string, Identity>>;
  /** For `tls`: a certificate by an authority that nobody knows. */
  readonly foreign?: Identity;
}

const running: { readonly name: string; readonly attacker: Attacker }[] = [];

function start({ certified, foreign, ...where }: AttackOrder): void {
  for (const [name, attack] of Object.entries(attacksOn(where.transport))) {
    const identity = certified[name];
    const certificates = { ...(identity && { certified: identity }), ...(foreign && { foreign }) };
    const attacker = new Attacker(name, { ...where, ...certificates });
    void attack(attacker);
    running.push({ name, attacker });
  }
}

process.once('message', (order: AttackOrder) => {
  start(order);
  process.on('message', () => {
    process.send?.(Object.fromEntries(running.map(({ name, attacker }) => [name, attacker.count])));
  });
});
process.on('disconnect', () => process.exit());
