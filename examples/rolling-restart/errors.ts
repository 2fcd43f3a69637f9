/** The call is wrong: one line says what, and the exit code is 2. */
export class UsageError extends Error {}
