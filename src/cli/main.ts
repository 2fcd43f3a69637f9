#!/usr/bin/env node
/**
 * The command `quorate` of the installed package.
 *
 * @module
 */
import { runCommand } from './run.js';

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
});
