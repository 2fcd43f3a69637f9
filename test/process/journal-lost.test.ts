import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../storage/temporary-place.js';
import { freePorts } from './free-ports.js';
import { Server } from './journal-servers.js';

const IDS = ['a', 'b', 'c'];

it('a server whose journal is gone ends with journal-lost and does not vote, and the others go on', async () => {
  const root = await temporaryDirectory();
  const ports = await freePorts(3);
  const members = Object.fromEntries(IDS.map((id, i) => [id, `127.0.0.1:${ports[i]}`]));
  const start = (id: string): Server =>
    new Server({ id, cluster: 'test', directory: join(root, id), port: ports[IDS.indexOf(id)]!, members });
  const servers = new Map(IDS.map((id) => [id, start(id)]));
  const leader = await servers.get('a')!.leader();
  await servers.get(leader)!.leader();
  expect(await servers.get(leader)!.ask('one')).toEqual({ stored: 1 });

  const gone = IDS.find((id) => id !== leader)!;
  await servers.get(gone)!.kill();
  await rm(join(root, gone), { recursive: true });
  const back = start(gone);
  const { failed, message } = await back.line((line) => 'failed' in line);
  expect(failed).toBe('journal-lost');
  expect(message).toMatch(/give it its own journal back/);
  expect(back.lines.every(({ admitted = false }) => admitted === false)).toBe(true);
  expect(await servers.get(leader)!.ask('two')).toEqual({ stored: 2 });
}, 60_000);
