import { InvalidOptionError } from '../../../core/index.js';
import type { Signer } from './signer.js';

/** What a cookie says of a session. */
export interface CookieToken {
  /** What stands for the node. */
  readonly id: string;
  /** When the session was last used and when it began, in seconds since the epoch. 0 where sessions have no expiry. */
  readonly lastUsed: number;
  readonly began: number;
}

/** How tokens are written. */
export interface CookieTokenOptions {
  /** What a token is valid for, and nothing else with the same secret. */
  readonly purpose: string;
  /** Whether it says when the session was last used and when it began. */
  readonly dated: boolean;
  readonly signer: Signer | undefined;
}

/** The longest token that is looked at, in characters: what user agents keep of a cookie. */
const MAX_TOKEN_LENGTH = 4096;

/** The longest name of a node in a cookie: dates and a signature have room beside it. */
const MAX_ID_LENGTH = 1024;

/** Of RFC 6265's cookie-octet, without what separates. */
const OCTETS = '[!#-+\\--:<-[\\]-{}]+';
const PART = new RegExp(`^${OCTETS}$`);
const SECONDS = '([0-9a-z]{1,9})';

/** Tokens as texts: `id`, `id|lastUsed|began`, and each with `|signature`. */
export class CookieTokens {
  readonly #purpose: string;
  readonly #dated: boolean;
  readonly #signer: Signer | undefined;
  readonly #pattern: RegExp;

  constructor({ purpose, dated, signer }: CookieTokenOptions) {
    this.#purpose = purpose;
    this.#dated = dated;
    this.#signer = signer;
    const dates = dated ? `\\|${SECONDS}\\|${SECONDS}` : '()()';
    const signature = signer === undefined ? '()' : `\\|(${OCTETS})`;
    this.#pattern = new RegExp(`^((${OCTETS})${dates})${signature}$`);
  }

  /** @throws InvalidOptionError when the signer makes what no cookie can have */
  format({ id, lastUsed, began }: CookieToken): string {
    const text = this.#dated ? `${id}|${lastUsed.toString(36)}|${began.toString(36)}` : id;
    if (this.#signer === undefined) return text;
    const signature = this.#signer.sign(this.#signed(text));
    if (!isPart(signature))
      throw new InvalidOptionError('signer', this.#signer, 'one whose signatures have only characters of cookies');
    return `${text}|${signature}`;
  }

  /** Undefined for what is no token, or wrongly signed. Never throws. */
  parse(text: string): CookieToken | undefined {
    const match = this.#match(text);
    if (match === null) return undefined;
    const [, signed = '', id = '', lastUsed, began, signature = ''] = match;
    if (this.#signer?.verify(this.#signed(signed), signature) === false) return undefined;
    return { id, lastUsed: this.#seconds(lastUsed), began: this.#seconds(began) };
  }

  /** Whether it has the form of a token, whoever has signed it. */
  isToken(text: string): boolean {
    return this.#match(text) !== null;
  }

  #match(text: string): RegExpExecArray | null {
    return text.length > MAX_TOKEN_LENGTH ? null : this.#pattern.exec(text);
  }

  #signed(text: string): string {
    return `${this.#purpose}=${text}`;
  }

  #seconds(text = ''): number {
    return this.#dated ? parseInt(text, 36) : 0;
  }
}

/** Whether a text can be the id of a node in a token, or a signature. */
export function isPart(text: unknown): text is string {
  return typeof text === 'string' && text.length <= MAX_ID_LENGTH && PART.test(text);
}
