import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { build } from 'tsup';
import { WebSocket } from 'ws';
import { report, type Report } from '../browser/report.js';
import type { WebSocketSettings } from '../browser/websocket/settings.js';
import { Site } from '../browser/websocket/site.js';

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

/** Runs the bundle somewhere in the browser, and resolves with its report as text. */
type Place = (browser: Browser, script: string, settings: WebSocketSettings) => Promise<string>;

const inPage: Place = async (browser, script, settings) => {
  const page = await browser.newPage();
  await page.goto(settings.origin);
  await page.addScriptTag({ content: script });
  return page.evaluate(
    (given) => (globalThis as unknown as { report(settings: object): Promise<string> }).report(given),
    settings,
  );
};

const inWorker: Place = async (browser, script, settings) => {
  const page = await browser.newPage();
  await page.goto(settings.origin);
  const given = { script, settings };
  return page.evaluate(({ script, settings }) => {
    const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
    return new Promise<string>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data as string);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(settings);
    });
  }, given);
};

/** With nodes and a page of its own for the time of the call. */
async function withSite<Result>(use: (settings: WebSocketSettings) => Promise<Result>): Promise<Result> {
  const site = await Site.open();
  try {
    return await use(site.settings);
  } finally {
    await site.close();
  }
}

/** Node dials by `ws`, which says to come from the page, as a browser does. */
async function inNode(settings: WebSocketSettings): Promise<Report> {
  class PageWebSocket extends WebSocket {
    constructor(url: string) {
      super(url, { origin: settings.origin });
    }
  }
  const found = await report(settings, { WebSocket: PageWebSocket });
  return JSON.parse(JSON.stringify(found)) as Report; // as it comes back from a page
}

/** Says what a place found, and returns whether that is what Node found, without any failure. */
function tell(text: string, expected: Report): boolean {
  if (!text.startsWith('{')) {
    console.log(`  FAILED  ${text}`);
    return false;
  }
  const found = JSON.parse(text) as Report;
  const equal = isDeepStrictEqual(found.findings, expected.findings);
  console.log(`  ${equal ? 'ok    ' : 'FAILED'}  findings as in Node`);
  if (!equal) console.log(`found ${JSON.stringify(found.findings)}\nbut in Node ${JSON.stringify(expected.findings)}`);
  return tellKits(found, expected) && equal;
}

/** Says how many cases of each kit passed, and which did not; returns whether all did that do in Node. */
function tellKits(found: Report, expected = found): boolean {
  const results = found.kits.map(({ implementation, passed, failed }, i) => {
    const good = failed.length === 0 && passed.length > 0 && isDeepStrictEqual(passed, expected.kits[i]?.passed);
    const count = `${passed.length} of ${passed.length + failed.length} cases`;
    console.log(`  ${good ? 'ok    ' : 'FAILED'}  conformance of the ${implementation}: ${count}`);
    for (const { name, reason } of failed) console.log(`          ${name}: ${reason}`);
    return good;
  });
  return results.length === expected.kits.length && results.every((good) => good);
}

async function main(): Promise<number> {
  if (!existsSync(executablePath)) {
    console.error(`no Chromium at ${executablePath}: install Debian's package chromium, or name one by CHROMIUM`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'quorate-browser-'));
  const browser = await chromium.launch({ executablePath, args });
  try {
    const expected = await withSite(inNode);
    console.log('in Node');
    let good = tellKits(expected);
    const script = await bundle(folder);
    for (const [place, run] of Object.entries<Place>({ page: inPage, worker: inWorker })) {
      console.log(`in a ${place} of Chromium ${browser.version()}`);
      const text = await withSite((settings) => run(browser, script, settings));
      good = tell(text, expected) && good;
    }
    return good ? 0 : 1;
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
