/** A `Set-Cookie` field in parts that make it up again. */
export interface SetCookie {
  /** Without the white space around it. Empty for what has no equals sign. */
  readonly name: string;
  /** What is before the value, with the equals sign. */
  readonly before: string;
  readonly value: string;
  /** What is behind it: attributes. */
  readonly behind: string;
}

/** Reads it as user agents do (RFC 6265, section 5.2), and loses nothing. O(length). Never throws. */
export function parseSetCookie(field: string): SetCookie {
  const semicolon = field.indexOf(';');
  const end = semicolon === -1 ? field.length : semicolon;
  const equals = field.slice(0, end).indexOf('=');
  const before = field.slice(0, equals + 1);
  const rest = field.slice(equals + 1, end);
  const value = rest.trim();
  const start = equals + 1 + rest.indexOf(value);
  return {
    name: before.slice(0, -1).trim(),
    before: field.slice(0, start),
    value,
    behind: field.slice(start + value.length),
  };
}
