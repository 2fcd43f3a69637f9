import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'tsup';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type * as portable from '../../src/transport/websocket.js';
import { StreamBench } from './stream-bench.js';
import { watch } from './transport-suite.js';
import { ws } from './websocket-kinds.js';

it('quorate/transport/websocket bundles for browsers, and the bundle reaches a node', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-browser-'));
  const bench = new StreamBench(ws());
  try {
    // The build fails where a module of Node is imported: browsers have none.
    await build({
      entry: { page: 'src/transport/websocket.ts' },
      outDir: folder,
      config: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      noExternal: [/.*/],
      outExtension: () => ({ js: '.mjs' }),
      silent: true,
    });
    const { openWebSocketTransport } = (await import(pathToFileURL(join(folder, 'page.mjs')).href)) as typeof portable;
    const a = await bench.node('a');
    const atA = watch(a.channel('c'));
    const page = await openWebSocketTransport({ id: 'p', cluster: 'test', addresses: { a: a.address! }, WebSocket });
    bench.open.push(page);
    await page.connected('a');
    page.channel('c').send('a', 'hello');
    await atA.count(1);
    expect(atA.messages).toEqual([{ from: 'p', message: 'hello' }]);
  } finally {
    await bench.reset();
    rmSync(folder, { recursive: true, force: true });
  }
});
