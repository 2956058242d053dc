import { callApi, httpRequest, NewswireProcess, RawSocket } from '@newswire/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anyHeaders, anyRequest, checkAnswer, KEY } from './rig/any-request.js';

const PUBLISH = JSON.stringify({ channel: 'a', data: 1 });

async function getStatus(
  port: number,
  line: string,
  headers: Record<string, string>,
  body = PUBLISH,
): Promise<string> {
  const socket = await RawSocket.open(port);
  socket.send(httpRequest(line, { headers, body }));
  const answer = await socket.receives('}');
  socket.cut();
  return answer.slice(9, 12);
}

describe('the API on a socket, without a key', () => {
  let newswire: NewswireProcess;
  beforeAll(async () => {
    newswire = await NewswireProcess.start('standalone', { NEWSWIRE_DRAIN_MS: '0' });
  });
  afterAll(() => newswire.stop());

  test.each<[string, Record<string, string>, string]>([
    ['curl -d', { 'Content-Type': 'application/x-www-form-urlencoded', Accept: '*/*' }, '200'],
    ['a library', { 'Content-Type': 'application/json' }, '200'],
    ['k6, which sends no type', { 'User-Agent': 'k6/1.8.1' }, '200'],
    [
      'a form on a page',
      { 'Content-Type': 'text/plain', Origin: 'https://elsewhere.example' },
      '403',
    ],
    ['a page in a sandbox', { 'Content-Type': 'text/plain', Origin: 'null' }, '403'],
    [
      'a page whose name was pointed here',
      { Host: 'elsewhere.example:9900', Origin: 'http://elsewhere.example:9900' },
      '403',
    ],
  ])('%s is answered', async (_, headers, status) => {
    expect(await getStatus(newswire.port, 'POST /api/publish', headers)).toBe(status);
  });

  test('a page may not ask whether it may', async () => {
    const headers = {
      Origin: 'https://elsewhere.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'x-api-key',
    };
    expect(await getStatus(newswire.port, 'OPTIONS /api/publish', headers, '')).toBe('405');
  });

  test('describes itself', async () => {
    const response = await fetch(`${newswire.url}/api/openapi.json`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ openapi: '3.1.0' });
  });

  test.each([
    ['presence', 425_984],
    ['broadcast', 688_128],
    ['batch', 1_998_848],
  ])('a body over what %s takes is answered 413', async (method, maxBytes) => {
    const post = (bytes: number) =>
      fetch(`${newswire.url}/api/${method}`, { method: 'POST', body: '{}'.padEnd(bytes) });
    expect((await post(maxBytes)).status).toBe(200);
    expect((await post(maxBytes + 1)).status).toBe(413);
  });

  test('nothing else is there', async () => {
    expect(await callApi(newswire.url, 'connections', {})).toEqual({
      error: { code: 104, message: expect.stringContaining('/api/connections') },
    });
  });
});

test('any request has a documented answer, and the API keeps working', async () => {
  const newswire = await NewswireProcess.start('standalone', {
    NEWSWIRE_DRAIN_MS: '0',
    NEWSWIRE_API_KEY: KEY,
  });
  await fc.assert(
    fc.asyncProperty(anyRequest, anyHeaders, async ({ name, body }, sent) => {
      const headers = { 'x-api-key': '', ...sent };
      const response = await fetch(`${newswire.url}/api/${name}`, {
        method: 'POST',
        body,
        headers,
      });
      checkAnswer(name, response.status, await response.text());
    }),
    { numRuns: 500 },
  );
  const answer = await callApi(newswire.url, 'publish', PUBLISH, { 'X-API-Key': KEY });
  expect(answer).toHaveProperty('result');
  expect(newswire.process.isRunning).toBe(true);
  await newswire.stop();
});
