import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { build } from 'tsup';
import { findOut } from '../browser/program.js';

/** Where Debian's package `chromium` puts it; `CHROMIUM` names another one. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** No sandbox: it does not work for the superuser, who runs checks in containers; the page is our own. */
const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];

/** Bundles the program with all that it imports, as one script without modules. */
async function bundle(folder: string): Promise<string> {
  await build({
    entry: { page: 'test/browser/page.ts' },
    outDir: folder,
    config: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    noExternal: [/.*/],
    silent: true,
  });
  return readFileSync(join(folder, 'page.global.js'), 'utf8');
}

async function inPage(browser: Browser, script: string): Promise<string> {
  const page = await browser.newPage();
  await page.setContent('<!doctype html><title>quorate</title>');
  await page.addScriptTag({ content: script });
  return page.evaluate(() => (globalThis as unknown as { findOut(): Promise<string> }).findOut());
}

async function inWorker(browser: Browser, script: string): Promise<string> {
  const page = await browser.newPage();
  return page.evaluate((source) => {
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    return new Promise<string>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data as string);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
  }, script);
}

async function main(): Promise<number> {
  if (!existsSync(executablePath)) {
    console.error(`no Chromium at ${executablePath}: install Debian's package chromium, or name one by CHROMIUM`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'quorate-browser-'));
  const browser = await chromium.launch({ executablePath, args });
  try {
    const expected: unknown = JSON.parse(JSON.stringify(await findOut()));
    const script = await bundle(folder);
    let failed = 0;
    for (const [place, run] of Object.entries({ page: inPage, worker: inWorker })) {
      const found = await run(browser, script);
      const equal = found.startsWith('{') && isDeepStrictEqual(JSON.parse(found), expected);
      console.log(`${equal ? 'ok    ' : 'FAILED'} in a ${place} of Chromium ${browser.version()}`);
      if (!equal) console.error(`found ${found}\nbut in Node ${JSON.stringify(expected)}`);
      failed += equal ? 0 : 1;
    }
    return failed === 0 ? 0 : 1;
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
