/** Why a record is kept aside instead of being processed. The codes are stable: alarms and runbooks key on them. */
export const QUARANTINE = {
  BAD_ENVELOPE: 'the record is not what the topic rule writes',
  TOO_LARGE: 'the message is larger than a message may be, compressed or not',
  NOT_COMPRESSED: 'the payload is not gzip',
  UNREADABLE_COMPRESSION: 'the payload begins as gzip and cannot be decompressed',
  UNREADABLE: 'the message is not JSON',
  WRONG_VERSION: 'the message has a version that this release does not read',
  CONTRACT: 'the message breaks the measurement contract',
  UNKNOWN_FACILITY: 'no monitoring plan is known for the facility of the topic',
  UNKNOWN_SOURCE: 'the facility has no such source',
  UNKNOWN_CHANNEL: 'no source of the facility has such a channel',
  CHANNEL_NOT_FITTED: 'the source does not have the channel at that time, and yet a status came for it',
  FUTURE: 'the message speaks of minutes too far ahead of now',
  NO_PLAN_IN_FORCE: "the source's monitoring plan begins later than the message",
} as const;

export type QuarantineCode = keyof typeof QUARANTINE;
