/** Signs what clients keep, so that they cannot make it up: `hmacSigner` of `quorate/balancer/node`, or one of another platform. */
export interface Signer {
  /** The signature of a text: characters that cookies may have (RFC 6265), without `|` and `~`. */
  sign(text: string): string;
  /** Whether a signature is one of the text. Takes the same time wherever it differs. Never throws. */
  verify(text: string, signature: string): boolean;
}
