import { ConfigError, loadConfig } from '@newswire/runtime';
import { describe, expect, test } from 'vitest';
import { computeMaxFrameBytes, EDGE_SETTINGS } from './edge-config.js';

function limitWith(settings: Record<string, number> = {}): number | readonly string[] {
  const named = Object.entries(settings).map(([name, value]) => [`NEWSWIRE_${name}`, `${value}`]);
  const config = loadConfig(EDGE_SETTINGS, Object.fromEntries(named));
  try {
    return computeMaxFrameBytes(config);
  } catch (error) {
    if (error instanceof ConfigError) return error.sentences;
    throw error;
  }
}

describe('the longest message of a client', () => {
  test.each([
    ['as many tokens as channels, of the longest', {}, 129 * 8704 + 65_536],
    ['larger data', { MAX_DATA_BYTES: 100_000 }, 129 * 8704 + 100_000],
    ['16 MiB for many channels', { MAX_CHANNELS_PER_SESSION: 20_000 }, 16_777_216],
    ['room for the most channels', { MAX_CHANNELS_PER_SESSION: 100_000 }, 100_001 * 512 + 65_536],
    ['as set', { MAX_FRAME_BYTES: 131_584 }, 131_584],
  ])('%s', (_, settings, bytes) => {
    expect(limitWith(settings)).toBe(bytes);
  });

  test('is refused where it is too short for all subscriptions', () => {
    expect(limitWith({ MAX_FRAME_BYTES: 131_583 })).toEqual([
      'NEWSWIRE_MAX_FRAME_BYTES must be at least 131584: a client subscribes to up to 128 channels (NEWSWIRE_MAX_CHANNELS_PER_SESSION) in its first message.',
    ]);
  });
});

describe('the longest message to a client', () => {
  test('has room for the largest publication', () => {
    expect(limitWith({ MAX_DATA_BYTES: 520_192 })).toBeTypeOf('number');
    expect(limitWith({ MAX_DATA_BYTES: 520_193 })).toEqual([
      'NEWSWIRE_MAX_MESSAGE_BYTES must be at least 1048578: a publication of 520193 bytes (NEWSWIRE_MAX_DATA_BYTES) has to fit into a message, as a JSON string if it is sent as a delta.',
    ]);
    expect(limitWith({ MAX_DATA_BYTES: 520_193, MAX_MESSAGE_BYTES: 1_048_578 })).toBeTypeOf(
      'number',
    );
  });

  test('all contradictions are reported at once', () => {
    expect(limitWith({ MAX_DATA_BYTES: 16_777_216, MAX_FRAME_BYTES: 65_536 })).toHaveLength(2);
  });
});
