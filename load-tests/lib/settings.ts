const LOOPBACK_URL = /^http:\/\/(127(?:\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?\/?$/;
const DURATION = /^(\d+(?:\.\d+)?)(s|m|h)?$/;
const SECONDS = { s: 1, m: 60, h: 3600 };

/** What the environment asked a scenario for. */
export interface Settings {
  /** The scenario's name, that of its file. */
  readonly scenario: string;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly subscribers: number;
  /** Publications a second, over all channels. */
  readonly ratePerS: number;
  readonly durationS: number;
  readonly channels: number;
  /** Channels that each subscriber listens to. */
  readonly channelsPerSubscriber: number;
  /** Publishing VUs. Each channel keeps to one of them, so that its order is defined. */
  readonly publishers: number;
  /** Bytes that pad each item; 0: only what judging it takes. */
  readonly padBytes: number;
  /** Latency thresholds. */
  readonly limitsMs: { readonly p50: number; readonly p95: number; readonly p99: number };
}

/** What a scenario does where the environment asks for nothing else. A setting that is not here, it has not. */
export interface Defaults {
  readonly VUS: number;
  readonly RATE: number;
  readonly DURATION: string;
  readonly CHANNEL_COUNT?: number;
  /** Bytes. */
  readonly SIZE?: number;
}

/** What a scenario's subscribers are like, where they are not one to a channel each. */
export interface Shape {
  /** Channels that each subscriber listens to. */
  readonly channelsEach?: number;
  /** Fewer subscribers cannot do what the scenario does. */
  readonly leastVus?: number;
}

const OF_SOME = ['CHANNEL_COUNT', 'SIZE'] as const;

function positiveNumber(name: string, fallback: number): number {
  const text = __ENV[name] || String(fallback);
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) {
    throw new Error(`${name} must be a number above 0, not "${text}"`);
  }
  return value;
}

function count(name: string, fallback: number): number {
  const value = positiveNumber(name, fallback);
  if (!Number.isInteger(value)) throw new Error(`${name} must be a whole number, not ${value}`);
  return value;
}

function loopbackUrl(text: string): string {
  if (!LOOPBACK_URL.test(text)) {
    throw new Error(
      `BASE_URL must be a loopback address such as http://127.0.0.1:9900, not "${text}": load goes to no other machine`,
    );
  }
  return text.replace(/\/$/, '');
}

function durationS(text: string): number {
  const [, amount, unit = 's'] = DURATION.exec(text) ?? [];
  const seconds = Number(amount) * SECONDS[unit as keyof typeof SECONDS];
  if (!(seconds > 0)) throw new Error(`DURATION must be like 10s, 2m or 1h, not "${text}"`);
  return seconds;
}

function refuseOthers(scenario: string, defaults: Defaults): void {
  for (const name of OF_SOME) {
    if (__ENV[name] && defaults[name] === undefined) {
      const names = Object.keys(defaults).join(', ');
      throw new Error(`${scenario} has no setting ${name}; it has ${names}`);
    }
  }
}

/** Reads and checks the environment; throws one clear sentence about the first bad value. */
export function readSettings(
  scenario: string,
  defaults: Defaults,
  { channelsEach = 1, leastVus = 1 }: Shape = {},
): Settings {
  refuseOthers(scenario, defaults);
  const subscribers = count('VUS', defaults.VUS);
  if (subscribers < leastVus) throw new Error(`${scenario} needs VUS of ${leastVus} or more`);
  const most = subscribers * channelsEach;
  const channels = count('CHANNEL_COUNT', Math.min(defaults.CHANNEL_COUNT ?? 1, most));
  if (channels > most) {
    throw new Error(
      `CHANNEL_COUNT must be ${most} or less: so many can VUS=${subscribers} listen to`,
    );
  }
  return {
    scenario,
    baseUrl: loopbackUrl(__ENV.BASE_URL || 'http://127.0.0.1:9900'),
    subscribers,
    ratePerS: positiveNumber('RATE', defaults.RATE),
    durationS: durationS(__ENV.DURATION || defaults.DURATION),
    channels,
    channelsPerSubscriber: Math.min(channelsEach, channels),
    publishers: Math.min(channels, 4),
    padBytes: defaults.SIZE === undefined ? 0 : count('SIZE', defaults.SIZE),
    limitsMs: {
      p50: positiveNumber('P50_MS', 250),
      p95: positiveNumber('P95_MS', 500),
      p99: positiveNumber('P99_MS', 1000),
    },
  };
}
