const LOOPBACK_URL = /^http:\/\/(127(?:\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?\/?$/;
const DURATION = /^(\d+(?:\.\d+)?)(s|m)?$/;

/** What the environment asked a scenario for. */
export interface Settings {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly subscribers: number;
  /** Publications a second, over all channels. */
  readonly ratePerS: number;
  readonly durationS: number;
  readonly channels: number;
  /** Publishing VUs. Each channel keeps to one of them, so that its order is defined. */
  readonly publishers: number;
  /** Latency thresholds. */
  readonly limitsMs: { readonly p50: number; readonly p95: number; readonly p99: number };
}

function positiveNumber(name: string, fallback: number): number {
  const text = __ENV[name] || String(fallback);
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} must be a number above 0, not "${text}"`);
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
  const [, amount, unit] = DURATION.exec(text) ?? [];
  const seconds = Number(amount) * (unit === 'm' ? 60 : 1);
  if (!(seconds > 0)) throw new Error(`DURATION must be like 10s or 2m, not "${text}"`);
  return seconds;
}

/** Reads and checks the environment; throws one clear sentence about the first bad value. */
export function readSettings(): Settings {
  const subscribers = count('VUS', 200);
  const channels = count('CHANNEL_COUNT', 1);
  if (channels > subscribers) {
    throw new Error(`CHANNEL_COUNT (${channels}) must not exceed VUS (${subscribers})`);
  }
  return {
    baseUrl: loopbackUrl(__ENV.BASE_URL || 'http://127.0.0.1:9900'),
    subscribers,
    ratePerS: positiveNumber('RATE', 100),
    durationS: durationS(__ENV.DURATION || '10s'),
    channels,
    publishers: Math.min(channels, 4),
    limitsMs: {
      p50: positiveNumber('P50_MS', 250),
      p95: positiveNumber('P95_MS', 500),
      p99: positiveNumber('P99_MS', 1000),
    },
  };
}
