import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { InvalidOptionError } from 'quorate/core';
import { HealthCheckError, tcpCheck } from 'quorate/health/node';
import { freePort, patient, SmallServer } from './small-server.js';

it('a check by TCP passes when a connection is accepted, and closes it', async () => {
  const server = await SmallServer.tcp();
  await tcpCheck()(server.node, patient);
  await server.idle();
  expect(server.accepted).toBe(1);
});

it('a check by TCP fails where nothing listens, and says so', async () => {
  const node = `127.0.0.1:${await freePort()}`;
  const error = await failure(tcpCheck()(node, patient));
  expect(error).toBeInstanceOf(HealthCheckError);
  expect(error).toMatchObject({ code: 'health-check-failed', outcome: 'failed', cause: { code: 'ECONNREFUSED' } });
  expect((error as Error).message).toMatch(`${node} accepts no connection: `);
});

it('checks by TCP leave nothing on their signal', async () => {
  const server = await SmallServer.tcp();
  const { signal } = new AbortController();
  for (let i = 0; i < 3; i++) await tcpCheck()(server.node, { signal });
  await failure(tcpCheck()(`127.0.0.1:${await freePort()}`, { signal }));
  // The runner's time limit bounds that.
  while (getEventListeners(signal, 'abort').length > 0) await new Promise((resolve) => setImmediate(resolve));
});

it('a check by TCP goes where the option says', async () => {
  const server = await SmallServer.tcp();
  const [host, port] = server.node.split(':');
  await tcpCheck({ address: (node) => ({ host: node === 'a' ? host! : 'nowhere.invalid', port: Number(port) }) })(
    'a',
    patient,
  );
  expect(server.accepted).toBe(1);
});

it.each(['a', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:65536', '::1:80', 'http://127.0.0.1:80'])(
  'a check by TCP of %s fails for its name',
  async (node) => {
    expect(await failure(tcpCheck()(node, patient))).toBeInstanceOf(InvalidOptionError);
  },
);

it('a check by TCP that was aborted before opens no connection', async () => {
  const server = await SmallServer.tcp();
  const reason = new Error('enough');
  expect(await failure(tcpCheck()(server.node, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  await tcpCheck()(server.node, patient);
  expect(server.accepted).toBe(1);
});

it('a check by TCP that is aborted while it connects fails for the reason of the signal', async () => {
  const server = await SmallServer.tcp();
  const controller = new AbortController();
  const reason = new Error('enough');
  const failed = failure(tcpCheck()(server.node, { signal: controller.signal }));
  controller.abort(reason);
  expect(await failed).toBe(reason);
  await server.idle();
});

async function failure(check: unknown): Promise<unknown> {
  return await Promise.resolve(check).then(
    () => expect.fail('it passed'),
    (error: unknown) => error,
  );
}
