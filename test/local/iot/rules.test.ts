import { once } from 'node:events';
import { connect } from 'node:net';
import type { IPubackPacket } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import type { IotOptions } from '../../../local/services/iot.ts';
import { allowAll, INGEST_RULE, ingestTopic, startTestIot, type TestIot } from './local-iot.ts';
import type { RawClient } from './raw-client.ts';

let iot: TestIot | undefined;
afterEach(() => iot?.dispose());

const start = async (overrides: Partial<IotOptions> = {}) => {
  iot = await startTestIot(overrides);
  return iot;
};

/** Publishes and waits for the acknowledgement. */
const acknowledged = async (client: RawClient, topic: string, payload: Buffer | string = 'x', dup = false) => {
  client.send({ cmd: 'publish', topic, payload, qos: 1, messageId: 7, dup, retain: false });
  return ((await client.receive('puback')) as IPubackPacket).reasonCode;
};

describe('Basic Ingest', () => {
  it('brings the payload untouched to the stream, with facility and thing from the topic and the facility as key', async () => {
    const { device, records, counters } = await start();
    const client = await device('agent-3', '3');
    // Bytes that are neither text nor JSON: a gzip header, zeros and all the rest.
    const payload = Buffer.from([0x1f, 0x8b, ...Array.from({ length: 256 }, (_, i) => i)]);
    const before = Date.now();
    expect(await acknowledged(client, ingestTopic('3', 'agent-3'), payload)).toBe(0);
    expect(records).toHaveLength(1);
    const { stream, key, data } = records[0]!;
    expect({ stream, key }).toEqual({ stream: 'measurements', key: '3' });
    expect(Object.keys(data)).toEqual(['payload', 'facility', 'thing', 'received']);
    expect(data).toMatchObject({ facility: '3', thing: 'agent-3' });
    expect(Buffer.from(data.payload as string, 'base64')).toEqual(payload);
    expect(data.received).toBeGreaterThanOrEqual(before);
    expect(counters()).toMatchObject({ publishIn: 1, topicMatch: 1, actionSuccess: 1 });
  });

  it('sent twice is twice in the stream: the broker does not remember what it has seen', async () => {
    const { device, records } = await start();
    const client = await device('agent-3', '3');
    await acknowledged(client, ingestTopic('3', 'agent-3'), 'same');
    await acknowledged(client, ingestTopic('3', 'agent-3'), 'same', true);
    expect(records.map(({ data }) => data.payload)).toEqual(['c2FtZQ==', 'c2FtZQ==']);
  });

  it('with QoS 0 reaches the stream too', async () => {
    const { device, records } = await start();
    const client = await device('agent-3', '3');
    client.send({
      cmd: 'publish',
      topic: ingestTopic('3', 'agent-3'),
      payload: 'x',
      qos: 0,
      dup: false,
      retain: false,
    });
    await expect.poll(() => records.length).toBe(1);
  });

  it('over MQTT 3.1.1 reaches the stream too', async () => {
    const { device, records } = await start();
    const client = await device('agent-3', '3', { connect: { protocolVersion: 4 } });
    await acknowledged(client, ingestTopic('3', 'agent-3'));
    expect(records).toHaveLength(1);
  });

  it('what goes wrong is counted under the name of its rule, as CloudWatch has it', async () => {
    const counted: string[] = [];
    const refuse = () => Promise.reject(new Error('full'));
    const { device } = await start({
      putRecord: refuse,
      putObject: refuse,
      count: (metric, ruleName) => counted.push(`${metric} ${ruleName}`),
    });
    const client = await device('agent-3', '3');
    await acknowledged(client, ingestTopic('3', 'agent-3', 'nowhere'));
    await acknowledged(client, ingestTopic('3', 'agent-3'));
    expect(counted).toEqual(['RuleNotFound nowhere', 'Failure ingest', 'ErrorActionFailure ingest']);
  });

  it('to a rule that does not exist is lost and counted, and acknowledged all the same', async () => {
    const { device, records, objects, counters, lines } = await start();
    const client = await device('agent-3', '3');
    expect(await acknowledged(client, ingestTopic('3', 'agent-3', 'nowhere'))).toBe(0);
    expect(await acknowledged(client, ingestTopic('3', 'agent-3', 'nowhere'))).toBe(0);
    expect([...records, ...objects]).toEqual([]);
    expect(counters().ruleNotFound).toBe(2);
    expect(lines.filter((line) => line.includes('nowhere'))).toHaveLength(1);
  });

  it('to a disabled rule is lost and counted', async () => {
    const { device, records, counters } = await start({ rules: [{ ...INGEST_RULE, disabled: true }] });
    const client = await device('agent-3', '3');
    expect(await acknowledged(client, ingestTopic('3', 'agent-3'))).toBe(0);
    expect(records).toEqual([]);
    expect(counters().ruleNotFound).toBe(1);
  });

  it('goes to the named rule alone, whatever its FROM and the other rules say', async () => {
    const other = {
      ...INGEST_RULE,
      ruleName: 'other',
      kinesisAction: { streamName: 'other', partitionKey: 'k', roleArn: 'writer' },
    };
    const { device, records } = await start({ rules: [INGEST_RULE, other], policies: [allowAll('device')] });
    const client = await device('agent-3', '3');
    await acknowledged(client, '$aws/rules/other/not/what/from/says');
    expect(records.map(({ stream }) => stream)).toEqual(['other']);
  });
});

describe('an ordinary topic', () => {
  it('goes to every rule whose FROM matches, and to none when none does', async () => {
    const second = {
      ...INGEST_RULE,
      ruleName: 'second',
      kinesisAction: { streamName: 'second', partitionKey: 'k', roleArn: 'writer' },
    };
    const { device, records } = await start({ rules: [INGEST_RULE, second] });
    const client = await device('agent-3', '3');
    await acknowledged(client, 'emissionwatch/v1/3/agent-3/minutes');
    expect(records.map(({ stream }) => stream).sort()).toEqual(['measurements', 'second']);
    await acknowledged(client, 'emissionwatch/v1/3/agent-3/other');
    expect(records).toHaveLength(2);
  });
});

describe('a stream that refuses', () => {
  it('is tried again, and then has the record once', async () => {
    let refusals = 2;
    const taken: string[] = [];
    const { device, objects, counters } = await start({
      putRecord: async (_, key) => {
        if (refusals-- > 0) throw new Error('ProvisionedThroughputExceededException');
        taken.push(key);
      },
    });
    const client = await device('agent-3', '3');
    expect(await acknowledged(client, ingestTopic('3', 'agent-3'))).toBe(0);
    expect(taken).toEqual(['3']);
    expect(objects).toEqual([]);
    expect(counters()).toMatchObject({ actionSuccess: 1, actionRetries: 2, actionFailure: 0 });
  });

  it('for good sends the message to the error action, whole, in the shape of AWS, and acknowledges it', async () => {
    const { device, objects, counters } = await start({
      putRecord: () => Promise.reject(new Error('stream measurements not found')),
    });
    const client = await device('agent-3', '3');
    expect(await acknowledged(client, ingestTopic('3', 'agent-3'), 'minutes')).toBe(0);
    expect(objects).toHaveLength(1);
    const { bucket, key, body } = objects[0]!;
    expect(bucket).toBe('landing');
    expect(key).toMatch(/^failed\/3\/\d{13}-[0-9a-f-]{36}$/);
    // https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
    expect(body).toEqual({
      ruleName: 'ingest',
      topic: ingestTopic('3', 'agent-3'),
      cloudwatchTraceId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      clientId: 'agent-3',
      base64OriginalPayload: 'bWludXRlcw==',
      failures: [
        {
          failedAction: 'KinesisAction',
          failedResource: 'measurements',
          errorMessage: expect.stringContaining('stream measurements not found') as string,
        },
      ],
    });
    expect(counters()).toMatchObject({ actionFailure: 1, errorActionSuccess: 1, errorActionFailure: 0 });
  });

  it('and a bucket that refuses too lose the message, as on AWS: it is counted and logged', async () => {
    const { device, counters, lines } = await start({
      putRecord: () => Promise.reject(new Error('no stream')),
      putObject: () => Promise.reject(new Error('no bucket')),
    });
    const client = await device('agent-3', '3');
    expect(await acknowledged(client, ingestTopic('3', 'agent-3'))).toBe(0);
    expect(counters()).toMatchObject({ actionFailure: 1, errorActionFailure: 1 });
    expect(lines.some((line) => /MESSAGE LOST.*no stream.*no bucket/.test(line))).toBe(true);
  });

  it('a partition key without value goes to the error action', async () => {
    const rule = {
      ...INGEST_RULE,
      kinesisAction: { streamName: 'measurements', partitionKey: `\${topic(9)}`, roleArn: 'writer' },
    };
    const { device, records, objects } = await start({ rules: [rule] });
    const client = await device('agent-3', '3');
    await acknowledged(client, ingestTopic('3', 'agent-3'));
    expect(records).toEqual([]);
    expect(objects).toHaveLength(1);
  });
});

describe('the start', () => {
  it.each([
    [
      'a rule with SQL that is not supported',
      { rules: [{ ...INGEST_RULE, sql: 'SELECT *' }] },
      /topic rule ingest: .*character 8/,
    ],
    ['a disabled rule with such SQL', { rules: [{ ...INGEST_RULE, sql: 'SELECT *', disabled: true }] }, /character 8/],
    ['another SQL version', { rules: [{ ...INGEST_RULE, awsIotSqlVersion: '2015-10-08' }] }, /2015-10-08/],
    ['no SQL version, which is the oldest', { rules: [{ ...INGEST_RULE, awsIotSqlVersion: undefined }] }, /2015-10-08/],
    ['a rule name that AWS refuses', { rules: [{ ...INGEST_RULE, ruleName: 'a-b' }] }, /a-b/],
    ['a policy that is not understood', { policies: [{ policyName: 'p', document: {} }] }, /policy p: /],
  ])('is refused for %s', async (_, overrides, message) => {
    await expect(startTestIot(overrides)).rejects.toThrow(message);
  });

  it('on a port in use says what to do', async () => {
    const { port } = await start();
    await expect(startTestIot({ port })).rejects.toThrow(`port ${port} on 127.0.0.1 is in use: stop the other program`);
  });
});

describe('the stop', () => {
  it('does not wait for a program that has connected and says nothing', async () => {
    const running = await start();
    const silent = connect(running.port, '127.0.0.1');
    const closed = once(silent, 'close');
    await once(silent, 'connect');
    await running.stop();
    await closed;
  });

  it('waits for the actions under way, acknowledges them, and leaves no connection', async () => {
    const answers: (() => void)[] = [];
    const running = await start({ putRecord: () => new Promise((resolve) => answers.push(resolve)) });
    const client = await running.device('agent-3', '3');
    const puback = acknowledged(client, ingestTopic('3', 'agent-3'));
    await expect.poll(() => answers.length).toBe(1);
    const stopped = running.stop();
    answers[0]!();
    expect(await puback).toBe(0);
    await client.closed;
    await stopped;
    expect(running.counters().connections).toBe(0);
  });
});
