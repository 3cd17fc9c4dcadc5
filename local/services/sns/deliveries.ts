import { pause } from '../pause.ts';
import type { Subscription } from './subscriptions.ts';
import type { PublishedNotice } from './topic.ts';

const ATTEMPTS = 4;
/** What SNS waits between the first attempts, as long as an endpoint does not answer. */
const RETRY_AFTER_MS = 1000;
const ANSWER_WITHIN_MS = 15_000;

/** Posts notices to webhooks on this machine, as SNS does but for the signature, which only AWS can give. */
export const openDeliveries = (log: (line: string) => void, retryAfterMs = RETRY_AFTER_MS) => {
  const pauses = new Set<ReturnType<typeof pause>>();
  const under = new Set<Promise<void>>();
  const ending = new AbortController();

  const attempt = async (notice: PublishedNotice, { endpoint, arn }: Subscription): Promise<string | undefined> => {
    try {
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'text/plain; charset=UTF-8',
          'x-amz-sns-message-type': 'Notification',
          'x-amz-sns-message-id': notice.messageId,
          'x-amz-sns-topic-arn': notice.topicArn,
          'x-amz-sns-subscription-arn': arn,
        },
        body: JSON.stringify(notificationOf(notice)),
        redirect: 'error',
        signal: AbortSignal.any([ending.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      });
      await answer.body?.cancel();
      return answer.ok ? undefined : `it answered ${answer.status}`;
    } catch (error) {
      return String((error as Error).cause ?? error);
    }
  };

  const deliver = async (notice: PublishedNotice, to: Subscription): Promise<void> => {
    let failure: string | undefined;
    for (let attempts = 0; attempts < ATTEMPTS && !ending.signal.aborted; attempts++) {
      if (attempts > 0) {
        const rest = pause();
        pauses.add(rest);
        await rest.wait(retryAfterMs);
        pauses.delete(rest);
      }
      failure = await attempt(notice, to);
      if (failure === undefined) return;
    }
    log(`sns: notice ${notice.messageId} did not reach ${to.endpoint}: ${failure}`);
  };

  return {
    start: (notice: PublishedNotice, to: Subscription): void => {
      const delivery = deliver(notice, to).finally(() => under.delete(delivery));
      under.add(delivery);
    },
    stop: async (): Promise<void> => {
      ending.abort();
      for (const rest of pauses) rest.release();
      await Promise.all(under);
    },
  };
};

/** https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html */
const notificationOf = ({ at, messageId, topicArn, subject, message, attributes }: PublishedNotice) => ({
  Type: 'Notification',
  MessageId: messageId,
  TopicArn: topicArn,
  ...(subject !== undefined && { Subject: subject }),
  Message: message,
  Timestamp: at,
  ...(attributes && {
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, Value]) => [name, { Type: 'String', Value }]),
    ),
  }),
});
