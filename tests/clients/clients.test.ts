import { missingPrograms, TcpProxy } from '@newswire/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Stack } from '../../services/edge/test/rig/sdk-stack.js';
import { CHROMIUM, startChromium, startInChromium } from './chromium.js';
import type { DrivenClient } from './driven-client.js';
import { startInNode, startProtobufInNode } from './node-client.js';
import { BUILD_MS } from './compile.js';
import { buildGo, hasGo, startInGo } from './go-client.js';
import { buildJava, hasJava, startInJava } from './java-client.js';
import { hasPython, startInPython } from './python-client.js';
import { SCENARIOS } from './scenarios.js';
import { SESSION_SCENARIOS, SETTINGS } from './session-scenarios.js';

interface Program {
  readonly name: string;
  readonly isHere: boolean;
  /** Compiles it. */
  readonly build?: () => Promise<unknown>;
  readonly open: (origin: string) => DrivenClient | Promise<DrivenClient>;
}

let chromium: Browser;

const PROGRAMS = {
  node: { name: 'centrifuge in Node', isHere: true, open: startInNode },
  chromium: {
    name: 'centrifuge in Chromium',
    isHere: CHROMIUM !== undefined,
    open: (origin) => startInChromium(chromium, origin),
  },
  python: { name: 'centrifuge-python', isHere: hasPython, open: () => startInPython() },
  nodeProtobuf: { name: 'centrifuge in Node, Protobuf', isHere: true, open: startProtobufInNode },
  chromiumProtobuf: {
    name: 'centrifuge in Chromium, Protobuf',
    isHere: CHROMIUM !== undefined,
    open: (origin) => startInChromium(chromium, origin, 'protobuf'),
  },
  pythonProtobuf: {
    name: 'centrifuge-python, Protobuf',
    isHere: hasPython,
    open: () => startInPython('protobuf'),
  },
  go: {
    name: 'centrifuge-go (needs Go)',
    isHere: hasGo,
    build: buildGo,
    open: () => startInGo('json'),
  },
  goProtobuf: {
    name: 'centrifuge-go, Protobuf (needs Go)',
    isHere: hasGo,
    build: buildGo,
    open: () => startInGo('protobuf'),
  },
  javaProtobuf: {
    name: 'centrifuge-java, Protobuf (needs Maven)',
    isHere: hasJava,
    build: buildJava,
    open: startInJava,
  },
} as const satisfies Record<string, Program>;

/** A way to the edges: the client library's name for it, and where it begins. */
interface Transport {
  readonly transport: string;
  readonly url: (port: number) => string;
}

const WEBSOCKET: Transport = {
  transport: 'websocket',
  url: (port) => `ws://127.0.0.1:${port}/connection/websocket`,
};

const SSE: Transport = {
  transport: 'sse',
  url: (port) => `http://127.0.0.1:${port}/connection/sse`,
};

const HTTP_STREAM: Transport = {
  transport: 'http_stream',
  url: (port) => `http://127.0.0.1:${port}/connection/http_stream`,
};

/** Every program over every transport that it has. */
const CLIENTS: readonly (readonly [Program, Transport])[] = [
  [PROGRAMS.node, WEBSOCKET],
  [PROGRAMS.node, SSE],
  [PROGRAMS.node, HTTP_STREAM],
  [PROGRAMS.chromium, WEBSOCKET],
  [PROGRAMS.chromium, SSE],
  [PROGRAMS.chromium, HTTP_STREAM],
  [PROGRAMS.python, WEBSOCKET],
  [PROGRAMS.nodeProtobuf, WEBSOCKET],
  [PROGRAMS.nodeProtobuf, HTTP_STREAM],
  [PROGRAMS.chromiumProtobuf, WEBSOCKET],
  [PROGRAMS.chromiumProtobuf, HTTP_STREAM],
  [PROGRAMS.pythonProtobuf, WEBSOCKET],
  [PROGRAMS.go, WEBSOCKET],
  [PROGRAMS.goProtobuf, WEBSOCKET],
  [PROGRAMS.javaProtobuf, WEBSOCKET],
];

/** The scenarios that a library cannot take part in, with the reason. */
const ABSENT: readonly (readonly [Program, scenario: string])[] = [
  // centrifuge-java 0.4.1 has no option for deltas.
  [PROGRAMS.javaProtobuf, 'gets what differences stand for'],
];

const missing = missingPrograms('redis-server', 'redis-cli', 'nginx');

describe.skipIf(missing.length > 0)('client libraries (need nginx and redis-server)', () => {
  let stack: Stack;
  let channels = 0;

  beforeAll(async () => {
    stack = await Stack.start(SETTINGS);
    if (PROGRAMS.chromium.isHere) chromium = await startChromium();
  });
  afterAll(async () => {
    await chromium?.close();
    await stack.stop();
  });

  for (const [program, { transport, url }] of CLIENTS) {
    const isBinary = program.name.includes('Protobuf');
    describe.skipIf(!program.isHere)(`${program.name}, ${transport}`, () => {
      let client: DrivenClient;
      let proxy: TcpProxy;

      if (program.build !== undefined) beforeAll(program.build, BUILD_MS);
      beforeEach(async () => {
        proxy = await TcpProxy.start(stack.nginx.port);
        client = await program.open(`http://127.0.0.1:${proxy.port}`);
      });
      afterEach(async () => {
        await client.stop();
        proxy.close();
      });

      const absent = ABSENT.filter(([each]) => each === program).map(([, name]) => name);
      const scenarios = [...SCENARIOS, ...SESSION_SCENARIOS].filter(
        ({ name }) => !absent.includes(name),
      );
      test.each(scenarios.map(({ name, run }) => [name, run] as const))('%s', async (_, run) => {
        expect.hasAssertions();
        const connection = {
          transports: [{ transport, endpoint: url(proxy.port) }],
          emulationEndpoint: `http://127.0.0.1:${proxy.port}/emulation`,
        };
        const channel = `test-${++channels}`;
        await run({ client, stack, proxy, channel, connection, isBinary });
      });
    });
  }
});
