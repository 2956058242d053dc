import { toJsonLine, type Publication } from './publication.js';
import { rawMember } from './raw-member.js';

/** The channel that a wildcard's publication was published to: it stands beside the data. */
export function channelOf({ extra = '' }: Publication): string {
  return /^"channel":"([^"]*)"/.exec(extra)?.[1] ?? '';
}

/**
 * The publication with its channel as a tag too, in place of a tag of that name: Centrifuge's
 * libraries hand tags to their callers, but say the wildcard's name for the channel.
 */
export function withChannelTag(publication: Publication): Publication {
  const object = `{${publication.extra ?? ''}}`;
  const channel = channelOf(publication);
  const tags = JSON.parse(rawMember(object, 'tags') ?? '{}') as Readonly<Record<string, string>>;
  const info = rawMember(object, 'info');
  const members = [
    `"channel":"${channel}"`,
    `"tags":${toJsonLine({ ...tags, channel })}`,
    ...(info === undefined ? [] : [`"info":${info}`]),
  ];
  return { ...publication, extra: members.join() };
}
