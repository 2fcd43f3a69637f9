/** A part of a `Cookie` field between semicolons. */
export interface CookiePair {
  /** Without the white space around it. Empty for what has no equals sign. */
  readonly name: string;
  /** Without the white space around it, but with its quotes. */
  readonly value: string;
  /** All of it, as it came. */
  readonly text: string;
}

/** The pairs of a `Cookie` field, in order, as RFC 6265 has user agents write them. O(length). Never throws. */
export function cookiePairs(field: string): CookiePair[] {
  return field.split(';').map((text) => {
    const equals = text.indexOf('=');
    return { name: text.slice(0, Math.max(0, equals)).trim(), value: text.slice(equals + 1).trim(), text };
  });
}
