import type { IConnackPacket, IConnectPacket } from 'mqtt-packet';
import { MAX_CLIENT_ID, MAX_PACKET, RECEIVE_MAXIMUM, TOPIC_ALIAS_MAXIMUM } from './limits.ts';
import type { Authorisation } from './policy.ts';
import { type Problem, REASON, type Reason, returnCode3 } from './reason-codes.ts';
import { topicProblem } from './topics.ts';

/** AWS takes 30 to 1200 s: less is raised, 0 and more become 1200. */
export const keepAliveSeconds = (requested: number): number =>
  requested === 0 || requested > 1200 ? 1200 : Math.max(requested, 30);

/** The reason to refuse a CONNECT packet, with its explanation; undefined when it is accepted. */
export const connectProblem = (packet: IConnectPacket, allows: Authorisation): Problem | undefined => {
  const { clientId, will, properties } = packet;
  const size = Buffer.byteLength(clientId);
  if (size < 1 || size > MAX_CLIENT_ID)
    return [REASON.clientIdNotValid, `a client id has 1 to ${MAX_CLIENT_ID} bytes, got ${size}`];
  if (properties?.authenticationMethod !== undefined)
    return [REASON.badAuthenticationMethod, 'enhanced authentication is not supported'];
  if (!allows('iot:Connect', `client/${clientId}`))
    return [REASON.notAuthorised, `no policy allows iot:Connect as client ${clientId}`];
  if (!will) return undefined;
  if (will.retain) return [REASON.retainNotSupported, 'retained messages are not kept'];
  if ((will.qos ?? 0) > 1) return [REASON.qosNotSupported, 'the highest QoS is 1'];
  const problem = topicProblem(will.topic);
  if (problem !== undefined) return [REASON.topicNameInvalid, `the will's topic ${problem}`];
  if (!allows('iot:Publish', `topic/${will.topic}`))
    return [REASON.notAuthorised, `no policy allows iot:Publish to the will's topic ${will.topic}`];
  return undefined;
};

/** The answer to an accepted CONNECT: what the broker does, and nothing that it does not. */
export const acceptance = (packet: IConnectPacket): IConnackPacket => {
  const keepAlive = keepAliveSeconds(packet.keepalive ?? 0);
  const wantsSession = (packet.properties?.sessionExpiryInterval ?? 0) > 0;
  return {
    cmd: 'connack',
    sessionPresent: false,
    returnCode: 0,
    reasonCode: REASON.success,
    properties: {
      receiveMaximum: RECEIVE_MAXIMUM,
      maximumQoS: 1,
      retainAvailable: false,
      maximumPacketSize: MAX_PACKET,
      topicAliasMaximum: TOPIC_ALIAS_MAXIMUM,
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
      ...(wantsSession && { sessionExpiryInterval: 0 }),
      ...(keepAlive !== packet.keepalive && { serverKeepAlive: keepAlive }),
    },
  };
};

export const refusal = (reason: Reason, explanation: string): IConnackPacket => ({
  cmd: 'connack',
  sessionPresent: false,
  returnCode: returnCode3(reason),
  reasonCode: reason,
  properties: { reasonString: explanation },
});
