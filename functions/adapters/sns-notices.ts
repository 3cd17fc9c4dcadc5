import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { NoticeMessage, NoticeTopic } from '#core/alarms/notice-message';
import type { NoticePublisher } from '#core/ports';

/**
 * Notices by way of SNS. E-mail gets the text, web hooks and queues the document as JSON; filter policies see facility,
 * kinds and severity.
 */
export const snsNotices = (
  topics: Readonly<Record<NoticeTopic, string>>,
  client = new SNSClient({ requestHandler: new NodeHttpHandler({ requestTimeout: 10_000 }) }),
): NoticePublisher => ({
  publish: async ({ topic, subject, text, document, facility, kinds, severity }: NoticeMessage) => {
    const json = JSON.stringify(document);
    await client.send(
      new PublishCommand({
        TopicArn: topics[topic],
        Subject: subject,
        MessageStructure: 'json',
        Message: JSON.stringify({ default: text, http: json, https: json, sqs: json, lambda: json }),
        MessageAttributes: {
          facility: { DataType: 'String', StringValue: facility },
          kind: { DataType: 'String.Array', StringValue: JSON.stringify(kinds) },
          severity: { DataType: 'String', StringValue: severity },
        },
      }),
    );
  },
});
