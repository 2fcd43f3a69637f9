import { Authority, type Identity } from '../transport/certificates.js';
import { idsOf } from './attacker.js';

/** Certificates for a cluster that is attacked: of its nodes, and of the attackers, who may have some, too. */
export class AttackCertificates {
  readonly #authority: Authority;
  readonly #foreign: Authority;

  private constructor(authority: Authority, foreign: Authority) {
    this.#authority = authority;
    this.#foreign = foreign;
  }

  static async create(): Promise<AttackCertificates> {
    return new AttackCertificates(await Authority.create('the authority'), await Authority.create('a foreign one'));
  }

  /** A good certificate of a node. */
  of(id: string): Promise<Identity> {
    return this.#authority.identity(id);
  }

  /** Good certificates of the ids by which attacks come, and one by an authority that nobody knows. */
  async ofAttackers(
    attacks: readonly string[],
  ): Promise<{ readonly certified: Record<string, Identity>; readonly foreign: Identity }> {
    const certified: Record<string, Identity> = {};
    for (const attack of attacks) {
      const names = idsOf(attack).map((value) => ({ type: 'dns', value }) as const);
      certified[attack] = await this.#authority.issue(attack, { names });
    }
    return { certified, foreign: await this.#foreign.issue('somebody') };
  }
}
