import { toOccupancyText } from '@newswire/broker';
import { ProtocolError } from '@newswire/protocol';
import type { ChannelEvent } from '@newswire/runtime';
import { expect, test } from 'vitest';
import { formatEvents, type GetEvents } from './format-events.js';

const options = (...events: ChannelEvent[]) => ({ events: new Set(events) });

const getOptions: GetEvents = (channel) => {
  if (channel.startsWith('both:')) return options('channel_occupied', 'channel_vacated');
  if (channel.startsWith('vacated:')) return options('channel_vacated');
  throw new ProtocolError('unknownChannel');
};

const occupied = (channel: string) => toOccupancyText(true, channel, 7);
const vacated = (channel: string) => toOccupancyText(false, channel, 8);

test('events get their ids, and those that their namespace does not enable are left out', () => {
  const texts = [
    occupied('both:1'),
    vacated('both:1'),
    occupied('vacated:1'),
    vacated('vacated:1'),
    '{"type":"client_connected","time":9,"client":"c"}',
  ];
  const body = formatEvents(
    texts.map((text, i) => ({ id: `id ${i}"`, text })),
    getOptions,
  );
  expect(JSON.parse(body ?? '')).toEqual({
    events: [
      { id: 'id 0"', type: 'channel_occupied', time: 7, channel: 'both:1' },
      { id: 'id 1"', type: 'channel_vacated', time: 8, channel: 'both:1' },
      { id: 'id 3"', type: 'channel_vacated', time: 8, channel: 'vacated:1' },
      { id: 'id 4"', type: 'client_connected', time: 9, client: 'c' },
    ],
  });
});

test('events of a namespace that was removed meanwhile block no others', () => {
  const events = [{ id: '1', text: occupied('gone:1') }];
  expect(formatEvents(events, getOptions)).toBeUndefined();
});
