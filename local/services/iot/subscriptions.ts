import type { ISubackPacket, ISubscribePacket, ISubscription, IUnsubackPacket, IUnsubscribePacket } from 'mqtt-packet';
import { MAX_FILTERS, MAX_SUBSCRIPTIONS } from './limits.ts';
import type { Authorisation } from './policy.ts';
import { type Problem, REASON, type Reason } from './reason-codes.ts';
import { basicIngest, filterProblem, type TopicFilter, topicFilter } from './topics.ts';

/** What one client has subscribed to. */
export interface Subscriptions {
  subscribe(packet: ISubscribePacket, version: 4 | 5): ISubackPacket;
  unsubscribe(packet: IUnsubscribePacket): IUnsubackPacket;
  /** The highest QoS granted for a topic; undefined when no filter matches. */
  match(levels: readonly string[], own: boolean): 0 | 1 | undefined;
}

const FAILURE_3 = 0x80;
const NO_SUBSCRIPTION = 0x11;

interface Subscribed {
  readonly matches: TopicFilter;
  readonly qos: 0 | 1;
  /** MQTT 5 "no local": not what the client itself publishes. */
  readonly others: boolean;
}

/** Why a SUBSCRIBE packet ends the connection, or undefined when it is answered filter by filter. */
export const subscribeProblem = (packet: ISubscribePacket): Problem | undefined => {
  const count = packet.subscriptions.length;
  if (count > MAX_FILTERS)
    return [REASON.quotaExceeded, `one SUBSCRIBE has at most ${MAX_FILTERS} filters, got ${count}`];
  if (packet.properties?.subscriptionIdentifier !== undefined)
    return [REASON.subscriptionIdentifiersNotSupported, 'subscription identifiers are not supported'];
  return undefined;
};

export const subscriptions = (allows: Authorisation): Subscriptions => {
  const filters = new Map<string, Subscribed>();

  const refusalOf = ({ topic }: ISubscription): Reason | undefined => {
    if (topic.startsWith('$share/')) return REASON.sharedSubscriptionsNotSupported;
    // Nobody may listen to Basic Ingest, not even its sender.
    if (filterProblem(topic) !== undefined || basicIngest(topic)) return REASON.topicFilterInvalid;
    if (!allows('iot:Subscribe', `topicfilter/${topic}`)) return REASON.notAuthorised;
    if (filters.size >= MAX_SUBSCRIPTIONS && !filters.has(topic)) return REASON.quotaExceeded;
    return undefined;
  };

  const grant = (subscription: ISubscription, version: 4 | 5): number => {
    const refused = refusalOf(subscription);
    if (refused !== undefined) return version === 5 ? refused : FAILURE_3;
    const qos = subscription.qos === 0 ? 0 : 1;
    const { topic, nl } = subscription;
    filters.set(topic, { matches: topicFilter(topic), qos, others: nl === true });
    return qos;
  };

  return {
    subscribe: ({ messageId, subscriptions: wanted }, version) => ({
      cmd: 'suback',
      messageId: messageId!,
      granted: wanted.map((one) => grant(one, version)),
    }),
    unsubscribe: ({ messageId, unsubscriptions }) => ({
      cmd: 'unsuback',
      messageId: messageId!,
      granted: unsubscriptions.map((topic) => (filters.delete(topic) ? REASON.success : NO_SUBSCRIPTION)),
    }),
    match: (levels, own) => {
      let highest: 0 | 1 | undefined;
      for (const { matches, qos, others } of filters.values()) {
        if ((own && others) || !matches(levels)) continue;
        if (qos === 1) return 1;
        highest = 0;
      }
      return highest;
    },
  };
};
