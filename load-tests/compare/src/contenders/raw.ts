import { raw } from '@newswire/load-harness';
import type { Contender } from '../contender.js';
import { uwsVersion } from './versions.js';

export const rawLimit: Contender = {
  id: 'raw',
  name: 'raw uWebSockets.js',
  kind: 'raw',
  about:
    'What uWebSockets.js does by itself for the same job, with the same bytes on the wire: no history, no limits, nothing behind a reconnect.',
  obstacle: () => '',
  version: uwsVersion,
  start: raw('centrifuge'),
};
