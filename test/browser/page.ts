import { report } from './report.js';
import type { WebSocketSettings } from './websocket/settings.js';

/*
 * The same bundle serves a page and a worker. Both tell their report as text, since values such as byte arrays do not
 * cross to the program that drives the browser.
 */
const text = async (settings: WebSocketSettings): Promise<string> => JSON.stringify(await report(settings));

if (typeof document === 'undefined') {
  addEventListener('message', ({ data }) => {
    text(data as WebSocketSettings).then(postMessage, (error: unknown) => postMessage(String(error)));
  });
} else {
  Object.assign(globalThis, { report: text });
}
