import { expect, test } from 'vitest';
import { toy } from '../../test/rig/toy-protocol.js';
import type { EmulationOptions } from './centrifuge/emulation.js';
import type { ProtocolModule, ProtocolServices } from './protocol-module.js';
import { PROTOCOLS } from './registry.js';
import { serveProtocols } from './serve-protocols.js';

/** The paths of the WebSockets, HTTP streams and routes that these protocols add. */
function servedPaths(modules: readonly ProtocolModule[]): string[] {
  const paths: string[] = [];
  const server = {
    webSocket: (path: string) => void paths.push(path),
    stream: ({ path }: { readonly path: string }) => void paths.push(path),
    route: (routes: readonly { readonly path: string }[]) =>
      void paths.push(...routes.map(({ path }) => path)),
  };
  const edge = {
    refuse: () => undefined,
    open: () => {
      throw new Error('no connection is opened');
    },
  };
  const services = {} as ProtocolServices;
  serveProtocols(server, edge, modules, { maxFrameBytes: 1 } as EmulationOptions, services);
  return paths.toSorted();
}

test('a protocol adds its endpoints by its line in the registry', () => {
  const paths = [
    '/app/:key',
    '/connection/http_stream',
    '/connection/sse',
    '/connection/uni_http_stream',
    '/connection/uni_sse',
    '/connection/uni_sse',
    '/connection/uni_websocket',
    '/connection/websocket',
  ];
  const all = [...paths, '/emulation', '/sse', '/ws'];
  expect(servedPaths(PROTOCOLS)).toEqual(all);
  expect(servedPaths([...PROTOCOLS, toy])).toEqual([...all, '/toy'].toSorted());
});

test.each([
  ['with the same codec', [toy, toy], 'two codecs have the name toy'],
  [
    'that are both the default of a path',
    [...PROTOCOLS, { ...toy, webSockets: [{ path: '/ws' }] }],
    'one protocol of /ws is its default',
  ],
])('two protocols %s are refused', (_, modules, error) => {
  expect(() => servedPaths(modules)).toThrow(error);
});
