/** A server's message of the Centrifuge JSON protocol, with the members that these clients use. */
export interface CentrifugeMessage {
  readonly id?: number;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly temporary?: boolean;
  };
  readonly connect?: { readonly client: string; readonly ping?: number; readonly pong?: boolean };
  readonly subscribe?: SubscribeResult;
  readonly push?: {
    readonly channel: string;
    readonly pub?: CentrifugePublication;
    readonly unsubscribe?: { readonly code: number; readonly reason: string };
  };
  readonly disconnect?: { readonly code: number; readonly reason: string };
}

export interface SubscribeResult {
  readonly epoch?: string;
  readonly offset?: number;
  readonly recovered?: boolean;
  readonly was_recovering?: boolean;
  readonly publications?: readonly CentrifugePublication[];
}

export interface CentrifugePublication {
  readonly offset?: number;
  readonly data: unknown;
}

/** Receives the contents of a frame. */
export interface MessageHandler {
  /** A publication; `data` is its JSON text. */
  handlePublication(channel: string, offset: number, data: string): void;
  /** Any other message. The server's ping is `{}`. */
  handleMessage(message: CentrifugeMessage): void;
}

const PREFIX = '{"push":{"channel":"';
const DATA = '","pub":{"data":';
const OFFSET = ',"offset":';
const END = '}}}';

/** Reads a text frame: JSON objects, one a line. */
export function readFrame(frame: string, handler: MessageHandler): void {
  let start = 0;
  while (start < frame.length) {
    const newline = frame.indexOf('\n', start);
    const end = newline < 0 ? frame.length : newline;
    if (end > start && !readPublication(frame, start, end, handler)) {
      readAny(frame.slice(start, end), handler);
    }
    start = end + 1;
  }
}

/**
 * Most messages are publications. One in the form that newswire writes is cut out, not parsed.
 * The three braces at the end prove that the offset is the publication's own and not inside its
 * data, where at least one more would follow.
 */
function readPublication(
  frame: string,
  start: number,
  end: number,
  handler: MessageHandler,
): boolean {
  if (!frame.startsWith(PREFIX, start)) return false;
  const channelStart = start + PREFIX.length;
  const channelEnd = frame.indexOf('"', channelStart);
  if (!frame.startsWith(DATA, channelEnd)) return false;
  let digit = end - END.length;
  if (!frame.startsWith(END, digit)) return false;
  let offset = 0;
  for (let scale = 1; ; scale *= 10) {
    const value = frame.charCodeAt(--digit) - 48;
    if (value < 0 || value > 9) break;
    offset += value * scale;
  }
  const dataEnd = digit + 1 - OFFSET.length;
  const dataStart = channelEnd + DATA.length;
  if (dataEnd <= dataStart || !frame.startsWith(OFFSET, dataEnd)) return false;
  const channel = frame.slice(channelStart, channelEnd);
  handler.handlePublication(channel, offset, frame.slice(dataStart, dataEnd));
  return true;
}

function readAny(line: string, handler: MessageHandler): void {
  const message = JSON.parse(line) as CentrifugeMessage;
  const { push } = message;
  if (push?.pub === undefined) return handler.handleMessage(message);
  return handler.handlePublication(
    push.channel,
    push.pub.offset ?? 0,
    JSON.stringify(push.pub.data),
  );
}
