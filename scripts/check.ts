import { spawn } from 'node:child_process';
import { installBenchPackages } from './bench-packages.js';

interface Outcome {
  readonly step: string;
  readonly passed: boolean;
}

/**
 * Everything that can be said of the project without running it: each step is an npm script of that name, and each runs
 * even if others fail, except those behind the build, which need it. Two lanes, because most steps keep one core busy.
 */
const lanes = [
  ['types', 'lint', 'docs'],
  ['format', 'unused', 'build', 'package', 'size'],
];

async function runLane(steps: readonly string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const step of steps) {
    const outcome = await runStep(step);
    outcomes.push(outcome);
    if (step === 'build' && !outcome.passed) break;
  }
  return outcomes;
}

function runStep(step: string): Promise<Outcome> {
  const start = performance.now();
  const child = spawn('npm', ['run', '--silent', step], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.padEnd(8)} ${seconds.padStart(6)} s\n`);
      if (code !== 0) process.stdout.write(`${Buffer.concat(output).toString().trim()}\n\n`);
      resolve({ step, passed: code === 0 });
    });
  });
}

installBenchPackages(); // their types are checked too
const outcomes = (await Promise.all(lanes.map(runLane))).flat();
const failed = outcomes.filter(({ passed }) => !passed).map(({ step }) => step);
process.stdout.write(failed.length === 0 ? 'All checks passed.\n' : `Failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
