import { isIPv4, isIPv6 } from 'node:net';
import { QuorateError } from '../../core/index.js';
import type { HostPort } from '../../core/index.js';

/** Where datagrams go: an IP address in the form that the socket takes, and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What a {@link Target} needs of its surroundings. */
export interface Resolving {
  /** Whether the socket is an IPv6 one, which reaches IPv4 addresses in their mapped form. */
  readonly ipv6: boolean;
  /** The addresses of a name, best first. */
  readonly lookup: (host: string) => Promise<readonly string[]>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** How long an answer is used before the name is looked up again. */
  readonly resolveEveryMs: number;
  readonly failed: (error: QuorateError) => void;
}

/** How long after a failed lookup the next one may follow. */
export const RETRY_MS = 1000;

/**
 * The address of a peer as it was told, and what its host stands for. A name is looked up at once, and again when it is
 * used after `resolveEveryMs`, or after {@link RETRY_MS} when the last lookup failed; the former answer is used until
 * there is another one. There is no timer, and one lookup at a time.
 */
export class Target {
  readonly told: HostPort;
  readonly #resolving: Resolving;
  #known: Endpoint | null = null;
  #lookAgainAt = Number.POSITIVE_INFINITY;

  constructor(told: HostPort, resolving: Resolving) {
    this.told = told;
    this.#resolving = resolving;
    if (isIPv4(told.host) || isIPv6(told.host)) this.#know([told.host], 'is of another IP version than the socket');
    else this.#look();
  }

  /** Where to send now; `null` while that is not known. */
  endpoint(): Endpoint | null {
    if (this.#lookAgainAt !== Number.POSITIVE_INFINITY && this.#resolving.now() >= this.#lookAgainAt) this.#look();
    return this.#known;
  }

  #look(): void {
    this.#lookAgainAt = Number.POSITIVE_INFINITY; // none besides this one
    const { lookup, now, resolveEveryMs } = this.#resolving;
    void lookup(this.told.host).then(
      (addresses) => {
        const known = this.#know(addresses, 'has no address that the socket reaches');
        this.#lookAgainAt = now() + (known ? resolveEveryMs : RETRY_MS);
      },
      (cause: unknown) => {
        this.#lookAgainAt = now() + RETRY_MS;
        this.#fail('was not found; what is known of it is used until it is', cause);
      },
    );
  }

  /** Takes the first address that the socket reaches; an IPv6 socket prefers IPv6. Says whether there is one. */
  #know(addresses: readonly string[], otherwise: string): boolean {
    const { ipv6 } = this.#resolving;
    const v4 = addresses.find((address) => isIPv4(address));
    const found = ipv6 ? (addresses.find((address) => isIPv6(address)) ?? (v4 && `::ffff:${v4}`)) : v4;
    if (found === undefined) {
      this.#fail(`${otherwise}; listen on an IPv6 address (:: serves both versions)`);
      return false;
    }
    if (found !== this.#known?.address) this.#known = { address: found, port: this.told.port };
    return true;
  }

  #fail(why: string, cause?: unknown): void {
    this.#resolving.failed(new QuorateError('address-unresolved', `${this.told.host} ${why}`, { cause }));
  }
}
