/** What separates a token from the value of the application, as HAProxy has it. Tokens have none. */
const SEPARATOR = '~';

/** Puts a token before a value, within its quotes. */
export function withPrefix(token: string, value: string): string {
  const quote = value.startsWith('"') ? 1 : 0;
  return `${value.slice(0, quote)}${token}${SEPARATOR}${value.slice(quote)}`;
}

/** What is before the separator, without a quote, and the value without it; undefined when there is none. */
export function splitPrefix(value: string): { readonly token: string; readonly rest: string } | undefined {
  const at = value.indexOf(SEPARATOR);
  if (at === -1) return undefined;
  const quote = value.startsWith('"') ? 1 : 0;
  return { token: value.slice(quote, at), rest: value.slice(0, quote) + value.slice(at + 1) };
}
