import { toJsonLine, type Publication } from './publication.js';
import { rawMember } from './raw-member.js';

/** The channel to which a wildcard's publication was published. It is next to the data. */
export function getSourceChannel({ extra = '' }: Publication): string {
  return /^"channel":"([^"]*)"/.exec(extra)?.[1] ?? '';
}

/**
 * Adds the channel as a tag, in place of a tag of that name. Centrifuge's libraries pass tags to
 * the application, but report the wildcard's name as the channel.
 */
export function withChannelTag(publication: Publication): Publication {
  const object = `{${publication.extra ?? ''}}`;
  const channel = getSourceChannel(publication);
  const tags = JSON.parse(rawMember(object, 'tags') ?? '{}') as Readonly<Record<string, string>>;
  const info = rawMember(object, 'info');
  const members = [
    `"channel":"${channel}"`,
    `"tags":${toJsonLine({ ...tags, channel })}`,
    ...(info === undefined ? [] : [`"info":${info}`]),
  ];
  return { ...publication, extra: members.join() };
}
