import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { createGuard } from '../../local/services/iam/create-guard.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import { startSns } from '../../local/services/sns.ts';
import { eventually } from './eventually.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const NOTICES = 'arn:aws:sns:us-east-1:000000000000:notices';
const OPERATIONS = 'arn:aws:sns:us-east-1:000000000000:operations';
const TOPICS = [
  { name: 'notices', arn: NOTICES, displayName: 'EmissionWatch', subscriptions: [] },
  {
    name: 'operations',
    arn: OPERATIONS,
    displayName: 'EmissionWatch system',
    subscriptions: [{ protocol: 'email', endpoint: 'shift@plant.example' }],
  },
];

type Options = Partial<Parameters<typeof startSns>[0]>;

const open = async (options: Options = {}, credentials = { accessKeyId: 'test', secretAccessKey: 'test' }) => {
  const dataDir = options.dataDir ?? temporaryFolder();
  const said: string[] = [];
  const log = (line: string) => void said.push(line);
  const sns = await startSns({ dataDir, topics: TOPICS, guard: openGuard, log, retryAfterMs: 5, ...options });
  afterTest(sns.stop);
  const client = new SNSClient({ endpoint: sns.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  afterTest(() => client.destroy());
  const file = join(dataDir, 'notices.log');
  const lines = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return { sns, client, dataDir, said, file, lines };
};

/** A webhook on this machine that answers with these codes, then with 200. */
const webhook = async (...codes: number[]) => {
  const received: { readonly headers: IncomingMessage['headers']; readonly body: Record<string, unknown> }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
    response.writeHead(codes.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterTest(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
};

const subscribe = (client: SNSClient, Protocol: string, Endpoint: string, TopicArn = NOTICES) =>
  client.send(new SubscribeCommand({ TopicArn, Protocol, Endpoint }));

describe('SNS: a notice', () => {
  it('is a line of a log that only its owner reads, and is kept in memory', async () => {
    const { client, sns, lines, file } = await open();
    const MessageAttributes = { facility: { DataType: 'String', StringValue: '6705' } };
    const Message = '{"v":1,"text":"SO₂ < 0.2 lb/mmBtu & \\"near\\""}';
    const Subject = 'Warapaugh: NOx near its limit';
    const { MessageId } = await client.send(
      new PublishCommand({ TopicArn: NOTICES, Subject, Message, MessageAttributes }),
    );
    const notice = {
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      topicArn: NOTICES,
      messageId: MessageId,
      subject: Subject,
      message: Message,
      attributes: { facility: '6705' },
    };
    expect(sns.published()).toEqual([notice]);
    expect(lines()).toEqual([{ ...notice, to: [] }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('does not go into a log that others could read', async () => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, 'notices.log'), '', { mode: 0o644 });
    const { file } = await open({ dataDir });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['a subject that is too long', { Subject: 'x'.repeat(101) }, 'InvalidParameter'],
    ['a subject that is not ASCII', { Subject: 'NOₓ near its limit' }, 'InvalidParameter'],
    ['a subject of two lines', { Subject: 'one\ntwo' }, 'InvalidParameter'],
    ['a topic that does not exist', { TopicArn: `${NOTICES}s` }, 'NotFound'],
    ['a message for each protocol', { MessageStructure: 'json' }, 'InvalidParameter'],
  ])('is refused with %s, as SNS does', async (_, wrong, name) => {
    const { client, sns } = await open();
    const refused = client.send(new PublishCommand({ TopicArn: NOTICES, Message: 'text', ...wrong }));
    await expect(refused).rejects.toMatchObject({ name: expect.stringContaining(name) });
    expect(sns.published()).toEqual([]);
  });
});

describe('SNS: subscriptions', () => {
  it('are listed, each once, and end', async () => {
    const { client } = await open();
    const one = await subscribe(client, 'email', 'air@plant.example');
    await subscribe(client, 'email', 'air@plant.example');
    const two = await subscribe(client, 'https', 'https://pager.example/hook');
    expect(one.SubscriptionArn).toBe('pending confirmation');
    const list = async () =>
      (await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: NOTICES }))).Subscriptions!.map(
        ({ Protocol, Endpoint, SubscriptionArn }) => [Protocol, Endpoint, SubscriptionArn],
      );
    const mail = ['email', 'air@plant.example', 'PendingConfirmation'];
    expect(await list()).toEqual([mail, ['https', 'https://pager.example/hook', two.SubscriptionArn]]);
    await client.send(new UnsubscribeCommand({ SubscriptionArn: two.SubscriptionArn }));
    expect(await list()).toEqual([mail]);
  });

  it('are there after a second start, with those of the template', async () => {
    const { client, dataDir, sns } = await open();
    await subscribe(client, 'email', 'air@plant.example', OPERATIONS);
    await sns.stop();
    const again = await open({ dataDir });
    const { Attributes } = await again.client.send(new GetTopicAttributesCommand({ TopicArn: OPERATIONS }));
    expect(Attributes).toMatchObject({ DisplayName: 'EmissionWatch system', SubscriptionsConfirmed: '2' });
  });

  it.each([
    ['sms', '+15550100'],
    ['email', 'nobody'],
    ['https', 'http://127.0.0.1/'],
  ])('of %s to %s is refused', async (protocol, endpoint) => {
    const { client } = await open();
    await expect(subscribe(client, protocol, endpoint)).rejects.toThrow(/Invalid parameter/);
  });
});

describe('SNS: deliveries', () => {
  it('reach a webhook on this machine in the form that SNS gives them', async () => {
    const { client } = await open();
    const { url, received } = await webhook();
    const { SubscriptionArn } = await subscribe(client, 'http', url);
    const { MessageId } = await client.send(new PublishCommand({ TopicArn: NOTICES, Subject: 'near', Message: '{}' }));
    await eventually(() => received.length === 1);
    expect(received[0]!.headers).toMatchObject({
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-subscription-arn': SubscriptionArn,
    });
    expect(received[0]!.body).toMatchObject({
      Type: 'Notification',
      MessageId,
      TopicArn: NOTICES,
      Subject: 'near',
      Message: '{}',
    });
  });

  it('give each protocol its own text where the message has several', async () => {
    const { received, url } = await webhook();
    const { client, lines } = await open();
    await client.send(new SubscribeCommand({ TopicArn: NOTICES, Protocol: 'http', Endpoint: url }));
    const publish = (Message: string) =>
      client.send(new PublishCommand({ TopicArn: NOTICES, MessageStructure: 'json', Message }));
    await publish(JSON.stringify({ default: 'for people', http: '{"for":"programs"}' }));
    await eventually(() => received.length === 1);
    expect(received[0]!.body.Message).toBe('{"for":"programs"}');
    expect(lines()[0].message).toBe('for people');
    await expect(publish('{"http":"no default"}')).rejects.toThrow('No default entry');
    await expect(publish('no json')).rejects.toThrow('failed to parse');
  });

  it('are tried again when a webhook is not well, and given up in words', async () => {
    const { client, said } = await open();
    const { url, received } = await webhook(503, 500, 200, 500, 500, 500, 500);
    await subscribe(client, 'http', url);
    await client.send(new PublishCommand({ TopicArn: NOTICES, Message: 'first' }));
    await eventually(() => received.length === 3);
    await client.send(new PublishCommand({ TopicArn: NOTICES, Message: 'second' }));
    await eventually(() => /did not reach http.*: it answered 500/.test(said.join()));
    expect(received.map(({ body }) => body.Message)).toEqual([...Array(3).fill('first'), ...Array(4).fill('second')]);
  });

  it('by e-mail and to other machines are written down and not sent', async () => {
    const { client, lines, said } = await open();
    await subscribe(client, 'email', 'air@plant.example');
    await subscribe(client, 'https', 'https://pager.example/hook');
    await client.send(new PublishCommand({ TopicArn: NOTICES, Message: 'text' }));
    expect(lines()[0].to).toEqual([
      { protocol: 'email', endpoint: 'air@plant.example', sent: false },
      { protocol: 'https', endpoint: 'https://pager.example/hook', sent: false },
    ]);
    expect(said).toEqual([expect.stringContaining('air@plant.example'), expect.stringContaining('nothing is sent')]);
  });
});

describe('SNS: who may publish', () => {
  const ROLE = 'arn:aws:iam::000000000000:role/raise-alarms';
  const KEY = 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555';
  const ALARM = 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:EmissionWatch-Lag';
  const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
  const forAlarms = {
    StringEquals: { 'aws:SourceAccount': '000000000000' },
    ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:*' },
  };
  const cloudWatch = { Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' }, Condition: forAlarms };
  const withKey = async (keyActions: readonly string[]) => {
    const role = document(
      { Effect: 'Allow', Action: 'sns:Publish', Resource: NOTICES },
      {
        Effect: 'Allow',
        Action: keyActions,
        Resource: KEY,
        Condition: { StringEquals: { 'kms:ViaService': 'sns.us-east-1.amazonaws.com' } },
      },
    );
    const ofKey = document(
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:root' }, Action: 'kms:*', Resource: '*' },
      { ...cloudWatch, Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Resource: '*' },
    );
    const guard = createGuard({
      account: '000000000000',
      policies: {
        roles: [],
        identity: [{ holder: ROLE, policy: { name: 'App/Role', kind: 'identity', document: role } }],
        resource: [
          { holder: KEY, policy: { name: 'App/Key', kind: 'resource', document: ofKey } },
          {
            holder: OPERATIONS,
            policy: {
              name: 'App/Topic',
              kind: 'resource',
              document: document({ ...cloudWatch, Action: 'sns:Publish', Resource: OPERATIONS }),
            },
          },
        ],
      },
    });
    return open({ guard, topics: TOPICS.map((topic) => ({ ...topic, keyArn: KEY })) }, guard.credentialsOf(ROLE));
  };

  it('a role that may, to that topic only', async () => {
    const { client, sns } = await withKey(['kms:GenerateDataKey', 'kms:Decrypt']);
    await client.send(new PublishCommand({ TopicArn: NOTICES, Message: 'text' }));
    const other = client.send(new PublishCommand({ TopicArn: OPERATIONS, Message: 'text' }));
    await expect(other).rejects.toMatchObject({ name: expect.stringContaining('AuthorizationError') });
    expect(sns.published()).toHaveLength(1);
  });

  it('not a role that may not use the key of the topic', async () => {
    const { client } = await withKey(['kms:GenerateDataKey']);
    const refused = client.send(new PublishCommand({ TopicArn: NOTICES, Message: 'text' }));
    await expect(refused).rejects.toThrow(/kms:Decrypt/);
  });

  it('CloudWatch for an alarm of this account, to the topic that lets it', async () => {
    const { sns } = await withKey(['kms:Decrypt']);
    const by = { arn: 'cloudwatch.amazonaws.com' };
    const publish = (topicArn: string, alarm: string) =>
      sns.publish({ topicArn, message: 'text' }, by, { 'aws:SourceArn': alarm });
    publish(OPERATIONS, ALARM);
    expect(() => publish(NOTICES, ALARM)).toThrow(/not authorized/);
    expect(() => publish(OPERATIONS, ALARM.replace('000000000000', '111111111111'))).toThrow(/not authorized/);
    expect(sns.published()).toHaveLength(1);
  });
});

const diskFull = () => {
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
};

it('a full disk keeps no notice from those it is for, and is told once', async () => {
  const { sns, said } = await open({ append: diskFull });
  for (const message of ['one', 'two'])
    sns.publish({ topicArn: NOTICES, message }, { arn: 'cloudwatch.amazonaws.com' });
  expect(sns.published().map(({ message }) => message)).toEqual(['one', 'two']);
  expect(said).toEqual([expect.stringMatching(/^the record of notices .*notices\.log .*the disk is full; make room/)]);
});
