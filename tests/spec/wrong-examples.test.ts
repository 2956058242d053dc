import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DocumentError, readDocument } from './document.js';
import { Placeholders } from './placeholders.js';
import { RIGS, startFor, type RunningServer } from './rigs.js';
import { runExample } from './run-example.js';

const block = (info: string, ...lines: string[]) =>
  ['# Part', `\`\`\`${info}`, ...lines, '```'].join('\n');

describe('a document that says nothing that can be checked is refused', () => {
  test.each([
    ['a block of no kind', block('', '> sub#1')],
    ['a block of another kind', block('js', 'send()')],
    ['a WebSocket without a path', block('ws', '> sub#1')],
    ['a line without a mark', block('ws /ws', '> sub#1', 'Hello')],
    ['an example that sends nothing', block('ws /ws', '< Hello')],
    ['a setting of something else', block('env', 'PATH=/')],
    ['a block without an end', '```http\n> GET /healthz'],
  ])('%s', (_, markdown) => {
    expect(() => readDocument(markdown)).toThrow(DocumentError);
  });
});

describe('an example that is not so fails', () => {
  let server: RunningServer;
  const [embedded] = RIGS;

  beforeAll(async () => {
    const [section] = readDocument(block('http', '> GET /healthz', '< 200'));
    if (embedded === undefined || section === undefined) throw new Error('there is no rig');
    server = await startFor(embedded, section);
  });
  afterAll(() => server.stop());

  async function findFailure(markdown: string): Promise<string> {
    const [example] = readDocument(markdown).flatMap(({ examples }) => examples);
    if (example === undefined) throw new Error('there is no example');
    const { url } = server;
    const setting = { url, apiKey: undefined, environment: {}, placeholders: new Placeholders() };
    return runExample(example, setting).then(
      () => 'it passed',
      (error: Error) => error.message,
    );
  }

  const HELLO = '> {"id":1,"connect":{}}';

  test.each([
    ['another code', block('ws /ws', '> hello', '< error#106#<any>'), 'line 4: expected'],
    [
      'a member that is not there',
      block('ws /ws', HELLO, '< {"id":1,"connect":{"client":"<any>"}}'),
      'line 4: expected',
    ],
    ['an answer that nobody expected', block('ws /ws', HELLO), 'line 2: nobody expected {"id":1'],
    [
      'an answer that does not come',
      block('ws /ws', '> sub#1', '< Hello'),
      'line 4: after 5000 ms still waiting for Hello',
    ],
    ['a call that is refused', block('ws /ws', '> sub#1', '! dance {}'), 'line 4: dance {}; got'],
    [
      'a name that stands for two things',
      block(
        'ws /ws',
        HELLO,
        '< {"id":1,"connect":{"client":"<any>","version":"<one>","ping":"<one>","pong":true}}',
      ),
      'line 4: expected',
    ],
    ['a name that stands for nothing yet', block('ws /ws', '> sub#<channel>'), 'line 3: <channel>'],
    ['no answer at all', block('http', '> GET /healthz'), 'line 2: nobody expected 200'],
    ['another status', block('http', '> GET /healthz', '< 201'), 'line 4: expected 201'],
    [
      'another header',
      block('http', '> GET /healthz', '< 200', '< Content-Type: text/html'),
      'line 5: expected Content-Type: text/html',
    ],
    [
      'a body that is left out',
      block('http', '> GET /healthz', '< 200'),
      'line 2: nobody expected {"alive":true}',
    ],
    ['other words of a command', block('sh', '$ echo a', 'b'), 'line 4: expected b'],
    ['more words of a command', block('sh', '$ echo a'), 'line 2: nobody expected a'],
  ])('%s', async (_, markdown, failure) => {
    expect(await findFailure(markdown)).toContain(failure);
  });
});
