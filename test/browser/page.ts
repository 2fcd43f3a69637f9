import { report } from './report.js';

/*
 * The same bundle serves a page and a worker. Both tell their report as text, since values such as byte arrays do not
 * cross to the program that drives the browser.
 */
const text = async (): Promise<string> => JSON.stringify(await report());

if (typeof document === 'undefined') text().then(postMessage, (error: unknown) => postMessage(String(error)));
else Object.assign(globalThis, { report: text });
