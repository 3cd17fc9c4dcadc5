/** Limits of AWS IoT Core's message broker: https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
export const MAX_PAYLOAD = 128 * 1024;
/** The Maximum Packet Size of AWS's CONNACK. */
export const MAX_PACKET = 149_504;
/** Publications in flight, in either direction. */
export const RECEIVE_MAXIMUM = 100;
export const TOPIC_ALIAS_MAXIMUM = 8;
export const MAX_CLIENT_ID = 128;
export const MAX_TOPIC_LEVELS = 8;
export const MAX_TOPIC_BYTES = 256;
/** Filters in one SUBSCRIBE, and of one connection. */
export const MAX_FILTERS = 8;
export const MAX_SUBSCRIPTIONS = 50;
