import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InvalidOptionError } from 'quorate/core';
import { formatGpid, isRestartOf, parseGpid } from 'quorate/id';
import { localGpid } from 'quorate/id/node';

afterEach(() => {
  vi.useRealTimers();
});

describe('localGpid', () => {
  const address = { ip: '10.0.0.7', port: 4100 };

  it('names this process', () => {
    const gpid = localGpid(address);
    expect(gpid).toMatchObject({ ...address, pid: process.pid });
    expect(gpid.startTimeUs / 1000).toBeLessThanOrEqual(Date.now());
    expect(gpid.startTimeUs / 1000).toBeGreaterThan(Date.now() - process.uptime() * 1000 - 1000);
  });

  it('is the same in every call, also after the clock was set', () => {
    const first = localGpid({ ...address, nonce: true });
    vi.useFakeTimers({ now: 0 });
    expect(localGpid({ ...address, nonce: true })).toEqual(first);
  });

  it('writes the address in canonical form', () => {
    expect(localGpid({ ip: '2001:DB8::0:1' })).toMatchObject({ ip: '2001:db8::1', port: 0 });
  });

  it('takes a nonce, draws one, or leaves it out', () => {
    expect(localGpid({ ...address, nonce: 5 }).nonce).toBe(5);
    expect(localGpid({ ...address, nonce: false })).not.toHaveProperty('nonce');
    expect(localGpid({ ...address, nonce: true }).nonce).toBeTypeOf('number');
    const usual = localGpid(address);
    expect('nonce' in usual).toBe(process.pid === 1);
  });

  it.each([
    { ip: '0.0.0.0' },
    { ip: '::' },
    { ip: '0::0' },
    { ip: 'localhost' },
    { ip: '10.0.0.7', port: 65536 },
    { ip: '10.0.0.7', nonce: -1 },
    { ip: '10.0.0.7', nonce: 2 ** 32 },
  ])('refuses %j', (options) => {
    expect(() => localGpid(options)).toThrow(InvalidOptionError);
  });

  it('differs in each run, and the later run is a restart', () => {
    const [first, second] = [startedProcess(), startedProcess()].map(parseGpid);
    expect(isRestartOf(second!, first!)).toBe(true);
    expect(isRestartOf(parseGpid(formatGpid(localGpid({ ...address, nonce: false }))), second!)).toBe(false);
  });
});

/** Starts a process that prints its gpid, waits for its end, and returns what it printed. */
function startedProcess(): string {
  const source = (file: string): string => pathToFileURL(`src/id/${file}.ts`).href;
  const program = `
    import { formatGpid } from '${source('index')}';
    import { localGpid } from '${source('node')}';
    console.log(formatGpid(localGpid({ ip: '10.0.0.7', port: 4100, nonce: false })));`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', program];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}
