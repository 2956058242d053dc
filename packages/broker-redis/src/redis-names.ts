/** The prefix of a stack on database 0 without a configured prefix. */
const DEFAULT_PREFIX = 'nw0';

/**
 * The names of all that one stack has in Redis: keys, topics, control and inlet. All begin with the
 * stack's prefix, because Redis' pub/sub ignores database numbers.
 */
export class RedisNames {
  readonly prefix: string;
  /** Holds the epoch of all empty logs; see empty-epoch.lua. */
  readonly emptyEpochKey: string;
  /** Holds the blocked users. */
  readonly blockedKey: string;
  /** Every edge subscribes to this topic for control requests. */
  readonly controlTopic: string;
  /**
   * The inlet's topics are this prefix and a channel. `news:` in the default stack on database 0.
   */
  readonly inletPrefix: string;
  /** The stream of the reliable inlet. `news-inlet` in the default stack on database 0. */
  readonly inletStream: string;
  readonly #topicPrefix: string;
  readonly #presenceTopicPrefix: string;

  /** `prefix`: letters, digits, `_`, `.` and `-`. Default: `nw` and the URL's database number. */
  constructor(redisUrl: string, prefix = `nw${parseDatabase(redisUrl)}`) {
    this.prefix = prefix;
    this.emptyEpochKey = `${prefix}:empty`;
    this.blockedKey = `${prefix}:blocked`;
    this.controlTopic = `${prefix}:control`;
    const inlet = prefix === DEFAULT_PREFIX ? 'news' : `${prefix}:news`;
    this.inletPrefix = `${inlet}:`;
    this.inletStream = `${inlet}-inlet`;
    this.#topicPrefix = `${prefix}:{`;
    this.#presenceTopicPrefix = `${prefix}:presence:{`;
  }

  /**
   * The topic of a channel's publications. The channel's keys begin with it and share its hash tag.
   */
  topic(channel: string): string {
    return `${this.#topicPrefix}${channel}}`;
  }

  /** The channel of a topic that `topic` made. */
  channelOfTopic(topic: string): string {
    return topic.slice(this.#topicPrefix.length, -1);
  }

  metaKey(channel: string): string {
    return `${this.topic(channel)}:meta`;
  }

  logKey(channel: string): string {
    return `${this.topic(channel)}:log`;
  }

  /** Holds the answer to the publication with this idempotency key. */
  answerKey(channel: string, idempotencyKey: string): string {
    return `${this.topic(channel)}:key:${idempotencyKey}`;
  }

  /** The edges that have members on the channel; an edge's members are in `<key>:<edge>`. */
  presenceKey(channel: string): string {
    return `${this.topic(channel)}:here`;
  }

  presenceTopic(channel: string): string {
    return `${this.#presenceTopicPrefix}${channel}}`;
  }

  channelOfPresenceTopic(topic: string): string {
    return topic.slice(this.#presenceTopicPrefix.length, -1);
  }

  /** A key of the events for webhooks; without a name, their prefix. */
  eventKey(name?: string): string {
    return `${this.prefix}:events${name === undefined ? '' : `:${name}`}`;
  }

  getControlTopic(edge: string): string {
    return `${this.controlTopic}:${edge}`;
  }

  replyTopic(id: string): string {
    return `${this.prefix}:reply:${id}`;
  }
}

/** 0 if the URL names no database. */
function parseDatabase(redisUrl: string): number {
  return Number(new URL(redisUrl).pathname.slice(1)) || 0;
}
