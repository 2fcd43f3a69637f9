/** The call or its input is wrong: one line says what and how to mend it, and the exit code is 2. */
export class UsageError extends Error {}

/** The run could not be brought to its end: exit code 1. */
export class ExampleError extends Error {}
