import { randomUUID } from 'node:crypto';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError, type Listening } from './aws-json.ts';
import { serveQuery } from './aws-query.ts';
import { diskTrouble } from './disk-trouble.ts';
import type { Guard, Principal, RequestContext } from './iam/guard.ts';
import { appendWhole } from './owned-file.ts';
import { openDeliveries } from './sns/deliveries.ts';
import { isOnThisMachine, openSubscriptions, type Subscription } from './sns/subscriptions.ts';
import type { PublishedNotice, TopicDefinition } from './sns/topic.ts';

export type { PublishedNotice, TopicDefinition };

export interface Publication {
  readonly topicArn: string;
  readonly subject?: string;
  readonly message: string;
  /** What receivers of a protocol get instead. */
  readonly messages?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface Sns extends Listening {
  /**
   * For another service here, in its own name (`{ arn: 'cloudwatch.amazonaws.com' }`) or in that of a role.
   *
   * @param context what it publishes for: `{ 'aws:SourceArn': ALARM }`
   * @throws AwsError AuthorizationError, NotFound, InvalidParameter
   */
  publish(publication: Publication, caller: Principal, context?: RequestContext): PublishedNotice;
  /** What was published since the start, the newest last; at most 1000. */
  published(): readonly PublishedNotice[];
}

const REGION = 'us-east-1';
const KEPT = 1000;
const MAX_MESSAGE_BYTES = 256 * 1024;
/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: ASCII, no control characters, no leading space. */
const SUBJECT = /^[\x21-\x7e][\x20-\x7e]{0,99}$/;

/**
 * SNS for the topics of the templates. Every notice is a line of `dataDir/notices.log`; webhooks on this machine get
 * theirs. E-mail and what lies elsewhere is written down and not sent: nothing leaves this machine.
 */
export const startSns = async (options: {
  readonly dataDir: string;
  readonly topics: readonly TopicDefinition[];
  readonly guard: Guard;
  readonly log: (line: string) => void;
  readonly port?: number;
  /** Between two attempts at a webhook. */
  readonly retryAfterMs?: number;
  /** Adds to the record of notices. */
  readonly append?: typeof appendWhole;
}): Promise<Sns> => {
  const { dataDir, topics, guard, log, port, retryAfterMs, append = appendWhole } = options;
  const file = join(dataDir, 'notices.log');
  // Made for the owner only, also when an earlier one was not.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const trouble = diskTrouble(`the record of notices ${file}`, log);
  const subscriptions = openSubscriptions(join(dataDir, 'sns', 'subscriptions.json'), topics);
  const deliveries = openDeliveries(log, retryAfterMs);
  const published: PublishedNotice[] = [];

  const topicOf = (arn: string | null): TopicDefinition => {
    const topic = topics.find((one) => one.arn === arn);
    if (topic) return topic;
    throw new AwsError('NotFound', 'Topic does not exist', 404);
  };

  const publish: Sns['publish'] = (publication, caller, context) => {
    const { topicArn, subject, message, messages = {}, attributes } = publication;
    const topic = topicOf(topicArn);
    guard.check(caller, 'sns:Publish', topicArn, context);
    const viaSns = { ...context, 'kms:ViaService': `sns.${REGION}.amazonaws.com` };
    if (topic.keyArn !== undefined)
      for (const action of ['kms:GenerateDataKey', 'kms:Decrypt']) guard.check(caller, action, topic.keyArn, viaSns);
    if (subject !== undefined && !SUBJECT.test(subject)) throw invalid(`Subject: ${JSON.stringify(subject)}`);
    if (message === '') throw invalid('Empty message');
    if (Buffer.byteLength(message + Object.values(messages).join('')) > MAX_MESSAGE_BYTES)
      throw invalid('Message too long');

    const receivers = subscriptions.of(topicArn);
    const notice: PublishedNotice = {
      at: new Date().toISOString(),
      topicArn,
      messageId: randomUUID(),
      ...(subject !== undefined && { subject }),
      message,
      ...(attributes && Object.keys(attributes).length > 0 && { attributes }),
    };
    const to = receivers.map(({ protocol, endpoint }) => ({
      protocol,
      endpoint,
      sent: isDelivered(protocol, endpoint),
    }));
    trouble.attempt(() => append(file, `${JSON.stringify({ ...notice, to })}\n`));
    published.push(notice);
    if (published.length > KEPT) published.shift();
    for (const receiver of receivers)
      if (isDelivered(receiver.protocol, receiver.endpoint))
        deliveries.start({ ...notice, message: messages[receiver.protocol] ?? message }, receiver);
    return notice;
  };

  const listening = await serveQuery({
    guard,
    port,
    namespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    operations: {
      Publish: (input, caller) => {
        refuseOthers(input, ['TopicArn', 'Message', 'MessageStructure', 'Subject'], /^MessageAttributes\.entry\.\d+\./);
        const subject = input.get('Subject');
        const publication = {
          topicArn: input.get('TopicArn') ?? '',
          ...messageIn(input),
          ...(subject !== null && { subject }),
          attributes: attributesIn(input),
        };
        return [['MessageId', publish(publication, caller).messageId]];
      },

      Subscribe: (input, caller) => {
        refuseOthers(input, ['TopicArn', 'Protocol', 'Endpoint', 'ReturnSubscriptionArn']);
        const { arn } = topicOf(input.get('TopicArn'));
        guard.check(caller, 'sns:Subscribe', arn);
        const added = subscriptions.add(arn, input.get('Protocol') ?? '', input.get('Endpoint') ?? '');
        log(`sns: ${added.endpoint} is subscribed to ${arn}${sentOrNot(added)}`);
        // An address that nobody has confirmed has no ARN yet, unless it is asked for.
        const told = added.protocol !== 'email' || input.get('ReturnSubscriptionArn') === 'true';
        return [['SubscriptionArn', told ? added.arn : 'pending confirmation']];
      },

      Unsubscribe: (input, caller) => {
        refuseOthers(input, ['SubscriptionArn']);
        const arn = input.get('SubscriptionArn') ?? '';
        const found = subscriptions.find(arn);
        if (!found) throw new AwsError('NotFound', 'Subscription does not exist', 404);
        guard.check(caller, 'sns:Unsubscribe', found.topicArn);
        subscriptions.remove(arn);
        return undefined;
      },

      ListSubscriptionsByTopic: (input, caller) => {
        refuseOthers(input, ['TopicArn', 'NextToken']);
        const { arn } = topicOf(input.get('TopicArn'));
        guard.check(caller, 'sns:ListSubscriptionsByTopic', arn);
        return [['Subscriptions', subscriptions.of(arn).map((one) => ['member', memberOf(one)] as const)]];
      },

      GetTopicAttributes: (input, caller) => {
        refuseOthers(input, ['TopicArn']);
        const { arn, displayName, keyArn } = topicOf(input.get('TopicArn'));
        guard.check(caller, 'sns:GetTopicAttributes', arn);
        const attributes = {
          TopicArn: arn,
          Owner: arn.split(':')[4],
          DisplayName: displayName,
          KmsMasterKeyId: keyArn,
          SubscriptionsPending: '0',
          SubscriptionsConfirmed: String(subscriptions.of(arn).length),
        };
        const entries = Object.entries(attributes).filter(([, value]) => value !== undefined);
        return [
          [
            'Attributes',
            entries.map(([key, value]) => {
              const entry = [
                ['key', key],
                ['value', value],
              ] as const;
              return ['entry', entry] as const;
            }),
          ],
        ];
      },
    },
  });

  return {
    ...listening,
    publish,
    published: () => [...published],
    stop: async () => {
      await listening.stop();
      await deliveries.stop();
    },
  };
};

const isDelivered = (protocol: string, endpoint: string): boolean => protocol !== 'email' && isOnThisMachine(endpoint);

const sentOrNot = ({ protocol, endpoint }: Subscription): string =>
  isDelivered(protocol, endpoint) ? '' : '; nothing is sent to it from here, notices.log says what would be';

const memberOf = ({ arn, topicArn, protocol, endpoint }: Subscription) =>
  [
    ['TopicArn', topicArn],
    ['Protocol', protocol],
    ['SubscriptionArn', protocol === 'email' ? 'PendingConfirmation' : arn],
    ['Owner', topicArn.split(':')[4]],
    ['Endpoint', endpoint],
  ] as const;

const invalid = (message: string) => new AwsError('InvalidParameter', `Invalid parameter: ${message}`);

/** What is left out of account would be a wrong answer. */
const refuseOthers = (input: URLSearchParams, known: readonly string[], pattern?: RegExp): void => {
  const other = [...input.keys()].find(
    (name) => !['Action', 'Version', ...known].includes(name) && !pattern?.test(name),
  );
  if (other !== undefined) throw invalid(`${other} is not served by the local cloud`);
};

/** With `MessageStructure` json the message is one text a protocol, and `default` for the others. */
const messageIn = (input: URLSearchParams): Pick<Publication, 'message' | 'messages'> => {
  const message = input.get('Message') ?? '';
  const structure = input.get('MessageStructure');
  if (structure === null) return { message };
  if (structure !== 'json') throw invalid(`MessageStructure: ${structure}`);
  const texts = textsIn(message);
  if (texts?.default === undefined) throw invalid('Message Structure - No default entry in JSON message body');
  return { message: texts.default, messages: texts };
};

const textsIn = (json: string): Readonly<Record<string, string>> | undefined => {
  try {
    const texts: unknown = JSON.parse(json);
    const all =
      typeof texts === 'object' && texts !== null && Object.values(texts).every((one) => typeof one === 'string');
    return all ? (texts as Record<string, string>) : undefined;
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
};

const attributesIn = (input: URLSearchParams): Record<string, string> => {
  const attributes: Record<string, string> = {};
  for (let at = 1; input.has(`MessageAttributes.entry.${at}.Name`); at++) {
    const entry = `MessageAttributes.entry.${at}`;
    const value = input.get(`${entry}.Value.StringValue`);
    const type = input.get(`${entry}.Value.DataType`);
    if (value === null || (type !== 'String' && type !== 'String.Array'))
      throw invalid(`only attributes of type String and String.Array are served, not ${type}`);
    attributes[input.get(`${entry}.Name`)!] = value;
  }
  return attributes;
};
