import type { IConnectPacket, IPublishPacket } from 'mqtt-packet';

export type PublishProperties = NonNullable<IPublishPacket['properties']>;

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0;
const isTexts = (value: unknown): boolean => (Array.isArray(value) ? value.every(isText) : isText(value));

/**
 * The properties that a publisher may send, with what a sound value is. The parser gives null or -1 for a value that is
 * cut off and an array for one that stands twice; sent on, they would be an exception.
 */
const SOUND: Readonly<Record<string, (value: unknown) => boolean>> = {
  payloadFormatIndicator: (value) => typeof value === 'boolean',
  messageExpiryInterval: isCount,
  contentType: isText,
  responseTopic: isText,
  correlationData: Buffer.isBuffer,
  userProperties: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isTexts),
  topicAlias: isCount,
};

/** The name of the first property that is not sound, or undefined. */
export const unsoundProperty = (properties: PublishProperties = {}): string | undefined =>
  Object.entries(properties).find(([name, value]) => !SOUND[name]?.(value))?.[0];

/** What a subscriber gets of a publication's properties (MQTT 5, 3.3.2.3): an alias belongs to one connection. */
export const forwardedProperties = ({ topicAlias: _, ...rest }: PublishProperties = {}): PublishProperties => rest;

/** The properties of a will once it is published. Its delay is over: a session ends with its connection here. */
export const willProperties = (will: NonNullable<IConnectPacket['will']>): PublishProperties => {
  const { willDelayInterval: _, ...rest } = will.properties ?? {};
  return rest;
};
