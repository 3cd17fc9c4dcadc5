import * as z from 'zod';
import { IOT_FAILED } from '#core/contracts/recovery';
import { jsonOf, type Redrivable, readAs } from './redrivable.ts';

/** What the error action of a topic rule writes: https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html */
const errorAction = z.object({ topic: z.string(), base64OriginalPayload: z.base64() });

/** With or without the Basic Ingest prefix; facility and thing stand where the topic rule takes them from. */
const TOPIC = /^(?:\$aws\/rules\/[^/]+\/)?emissionwatch\/v1\/([^/]+)\/([^/]+)\/minutes$/;
/** The rule puts the time of arrival, milliseconds since 1970, into the object's key. */
const KEY = /^iot-failed\/([^/]+)\/(\d{13})-/;

/**
 * The record that the topic rule would have put on the stream, to the byte: the payload untouched, facility and thing
 * from the topic, for which the device's policy vouched.
 * @throws Error when the object is not an error action's, or not of this system's rule
 */
export const failedMessage = (key: string, body: Uint8Array, measurementsStream: string): Redrivable => {
  const { topic, base64OriginalPayload } = readAs(errorAction, jsonOf(body), 'what a topic rule writes on failure');
  const [, facility, thing] = TOPIC.exec(topic) ?? [];
  const [, keyFacility, received] = KEY.exec(key) ?? [];
  if (!facility || !thing) throw new Error(`topic ${topic} is not one that edge agents publish minutes to`);
  if (!received || keyFacility !== facility)
    throw new Error(`its key should begin with ${IOT_FAILED}${facility}/ and the time of arrival in milliseconds`);
  const envelope = { payload: base64OriginalPayload, facility, thing, received: Number(received) };
  return {
    streamName: measurementsStream,
    records: [{ key: facility, data: Buffer.from(JSON.stringify(envelope)) }],
  };
};
