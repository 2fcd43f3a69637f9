import { isQuorateError, systemClock } from 'quorate/core';
import { openRequests, RequestError, type Requests } from 'quorate/host';
import { holds, same } from '../../../src/testing/conformance/case.js';
import type { WebSocketBench } from './bench.js';
import type { WebSocketCases } from './cases.js';
import { NODE } from './settings.js';

/** Requests and answers, in both directions, with their three results. */
export const requestCases: WebSocketCases = {
  'asks, and each request gets its own answer': manyAnswers,
  'answers what the node asks': answersBack,
  'learns the code and the details of a request that was refused': refused,
  'does not know what became of a request when the connection is lost': lost,
};

async function connect(bench: WebSocketBench): Promise<Requests> {
  const client = await bench.connect();
  const handler = (body: unknown): unknown => [body, 'said the client'];
  return openRequests(client.channel('requests'), { clock: systemClock, handler });
}

async function manyAnswers(bench: WebSocketBench): Promise<void> {
  const requests = await connect(bench);
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  const answers = await Promise.all(numbers.map((value) => requests.request(NODE, { type: 'double', value })));
  same(
    'the answers',
    answers,
    numbers.map((value) => value * 2),
  );
  same('the requests that wait', requests.status().pending, 0);
}

async function answersBack(bench: WebSocketBench): Promise<void> {
  const requests = await connect(bench);
  same('the answer', await requests.request(NODE, { type: 'ask back', value: 'x' }), ['x', 'said the client']);
}

async function refused(bench: WebSocketBench): Promise<void> {
  const requests = await connect(bench);
  const error = await failure(requests.request(NODE, { type: 'refuse', value: [1, 'two'] }));
  holds(error instanceof RequestError, 'a RequestError', error);
  same('code, outcome and details', [error.code, error.outcome, error.details], ['not-now', 'failed', [1, 'two']]);
}

async function lost(bench: WebSocketBench): Promise<void> {
  const requests = await connect(bench);
  const pending = failure(requests.request(NODE, { type: 'wait', value: null }));
  await requests.request(NODE, { type: 'double', value: 1 }); // now the first one has arrived, too
  await bench.control.cut();
  const error = await pending;
  holds(isQuorateError(error, 'connection-lost'), 'an error with code connection-lost', error);
  same('the outcome', error.outcome, 'unknown');
}

/** What a request fails with. */
function failure(request: Promise<unknown>): Promise<unknown> {
  return request.then(
    (answer) => answer,
    (error: unknown) => error,
  );
}
