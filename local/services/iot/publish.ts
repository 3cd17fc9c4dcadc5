import type { IPublishPacket } from 'mqtt-packet';
import { MAX_PAYLOAD, TOPIC_ALIAS_MAXIMUM } from './limits.ts';
import { type Problem, REASON } from './reason-codes.ts';
import { basicIngest, servedTopic, topicProblem } from './topics.ts';

/** Resolves the topic aliases of one connection; undefined when an alias is not valid. */
export const topicAliases = (): ((packet: IPublishPacket) => string | undefined) => {
  const aliases = new Map<number, string>();
  return ({ topic, properties }) => {
    const alias = properties?.topicAlias;
    if (alias === undefined) return topic;
    if (alias < 1 || alias > TOPIC_ALIAS_MAXIMUM) return undefined;
    if (topic !== '') aliases.set(alias, topic);
    return aliases.get(alias);
  };
};

/** Why a PUBLISH packet ends the connection, whatever the policies say. `topic` has its alias resolved. */
export const publishProblem = (packet: IPublishPacket, topic: string | undefined): Problem | undefined => {
  if (packet.qos > 1) return [REASON.qosNotSupported, 'the highest QoS is 1'];
  if (packet.retain) return [REASON.retainNotSupported, 'retained messages are not kept'];
  if (topic === undefined) return [REASON.topicAliasInvalid, 'the topic alias is not known'];
  const problem = topicProblem(topic);
  if (problem !== undefined) return [REASON.topicNameInvalid, `topic "${topic}" ${problem}`];
  if (topic.startsWith('$') && !basicIngest(topic) && !servedTopic(topic))
    return [REASON.topicNameInvalid, `topic "${topic}" is reserved, and nothing behind it runs in the local cloud`];
  if (packet.payload.length > MAX_PAYLOAD)
    return [REASON.packetTooLarge, `a payload has at most ${MAX_PAYLOAD} bytes, got ${packet.payload.length}`];
  return undefined;
};
