import { execFile } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { dnsEndpoints, type DnsEndpoints, type DnsEndpointsOptions } from 'quorate/health/node';
import { VirtualClock } from 'quorate/testing';
import { DnsServer, type Zone } from './dns-server.js';

interface Real {
  readonly server: DnsServer;
  readonly source: DnsEndpoints;
  readonly clock: VirtualClock;
  readonly errors: string[];
}

/** A source that asks a server on this machine through the resolver of Node; only its timers are virtual. */
async function real(zone: Zone, options: Partial<DnsEndpointsOptions> = {}): Promise<Real> {
  const server = await DnsServer.listen(zone);
  const clock = new VirtualClock();
  const errors: string[] = [];
  const onError = (error: Error): unknown => errors.push(error.message);
  const port = options.type === 'SRV' ? {} : { port: 80 };
  const servers = [server.address];
  const fixed = { name: 'api.example.com', servers, clock, random: () => 0, onError };
  const source = dnsEndpoints({ ...fixed, ...port, ...options });
  onTestFinished(async () => {
    await source.close();
    await server[Symbol.asyncDispose]();
  });
  return { server, source, clock, errors };
}

describe('dnsEndpoints against a real DNS server', () => {
  it('asks again after the time to live, and gives what has changed', async () => {
    const { server, source, clock } = await real({ a: ['10.0.0.2', '10.0.0.1'], ttl: 45 });
    expect((await source.next()).value).toEqual([{ node: '10.0.0.1:80' }, { node: '10.0.0.2:80' }]);
    server.zone = { a: ['10.0.0.3'], ttl: 45 };
    clock.advance(44_999);
    expect(server.asked).toEqual(['api.example.com']);
    clock.advance(1);
    expect((await source.next()).value).toEqual([{ node: '10.0.0.3:80' }]);
    expect(server.asked).toEqual(['api.example.com', 'api.example.com']);
  });

  it('gives IPv6 addresses in brackets, also when there are none of IPv4', async () => {
    const { source, errors } = await real({ aaaa: ['2001:db8:0:0:0:0:0:7'], ttl: 45 }, { type: 'both' });
    expect((await source.next()).value).toEqual([{ node: '[2001:db8::7]:80' }]);
    expect(errors).toEqual([]);
  });

  it('gives services with their priorities and weights', async () => {
    const zone: Zone = {
      srv: [
        [10, 60, 8080, 'a.example.com'],
        [20, 0, 8081, 'b.example.com'],
      ],
    };
    const { source, server } = await real(zone, { type: 'SRV', name: '_http._tcp.example.com' });
    expect((await source.next()).value).toEqual([
      { node: 'a.example.com:8080', weight: 60, priority: 10 },
      { node: 'b.example.com:8081', weight: 1, priority: 20 },
    ]);
    expect(server.asked).toEqual(['_http._tcp.example.com']);
  });

  it('has failed when a service is said not to be there', async () => {
    const { source, errors } = await real({ srv: [[0, 0, 80, '.']] }, { type: 'SRV' });
    const next = source.next();
    await expect.poll(() => errors).toEqual(['nodes of api.example.com: there are no such records']);
    await source.close();
    await next;
  });

  it('keeps the last good answer when the name is gone, and goes on', async () => {
    const { server, source, clock, errors } = await real({ a: ['10.0.0.1'], ttl: 30 });
    await source.next();
    server.zone = 'unknown';
    const next = source.next();
    const asked = server.question();
    clock.advance(30_000);
    await asked;
    await expect.poll(() => errors).toEqual(['nodes of api.example.com: there are no such records']);
    server.zone = { a: ['10.0.0.2'], ttl: 30 };
    clock.advance(30_000);
    expect((await next).value).toEqual([{ node: '10.0.0.2:80' }]);
  });

  it('has failed when nothing is answered in time', async () => {
    const { server, source, clock, errors } = await real('silence');
    const next = source.next();
    await server.question();
    clock.advance(5000);
    expect(errors).toEqual([
      'nodes of api.example.com: the question for A records of api.example.com had no answer within 5000 ms',
    ]);
    await source.close();
    await next;
  });

  it('cancels the question of the resolver of Node when it is closed', async () => {
    const cancel = vi.spyOn(Resolver.prototype, 'cancel');
    onTestFinished(() => cancel.mockRestore());
    const { server, source } = await real('silence');
    const next = source.next();
    await server.question();
    await source.close();
    expect(cancel).toHaveBeenCalledTimes(1);
    await next;
  });
});

describe('a process that uses dnsEndpoints', { timeout: 30_000 }, () => {
  /** Runs a program with the sources of the package until it ends; returns what it has printed. */
  async function run(program: string): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-dns-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'program.mts');
    writeFileSync(path, program);
    const env = { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json') };
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, path], { env, timeout: 20_000 });
    return stdout.trim();
  }

  function program(server: DnsServer, use: string): string {
    return `
      import { dnsEndpoints } from 'quorate/health/node';
      const servers = ['${server.address}'];
      const source = dnsEndpoints({ name: 'a.example', port: 80, servers, timeoutMs: 600_000 });
      ${use}`;
  }

  it('ends although the next question is due some day', async () => {
    await using server = await DnsServer.listen({ a: ['10.0.0.1'], ttl: 600 });
    expect(await run(program(server, 'console.log((await source.next()).value[0].node);'))).toBe('10.0.0.1:80');
  });

  it('ends at once when it has closed the source, although a question has no answer', async () => {
    await using server = await DnsServer.listen('silence');
    // The resolver of Node itself gives up after some seconds, however long it is told to wait.
    const use = `
      void source.next();
      await source.close();
      const closed = performance.now();
      process.on('exit', () => console.log(performance.now() - closed < 2000));`;
    expect(await run(program(server, use))).toBe('true');
  });
});
