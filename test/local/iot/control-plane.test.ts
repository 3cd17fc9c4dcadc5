import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AttachPolicyCommand,
  CancelJobCommand,
  CreateCertificateFromCsrCommand,
  CreateJobCommand,
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
  DeleteCertificateCommand,
  DeleteThingCommand,
  DescribeCertificateCommand,
  DescribeEndpointCommand,
  DescribeJobCommand,
  DescribeJobExecutionCommand,
  DescribeThingCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  IoTClient,
  ListAttachedPoliciesCommand,
  ListJobExecutionsForThingCommand,
  ListTargetsForPolicyCommand,
  ListThingPrincipalsCommand,
  ListThingsCommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot';
import { GetThingShadowCommand, IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import type { IPublishPacket } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPrivateKey, signingRequest } from '../../../edge-agent/certificate/signing-request.ts';
import { AwsError } from '../../../local/services/aws-json.ts';
import { type Guard, openGuard } from '../../../local/services/iam/guard.ts';
import { ACCOUNT, allowAll, REGION, startTestIot, type TestIot } from './local-iot.ts';
import { connectRaw } from './raw-client.ts';

const ARN = `arn:aws:iot:${REGION}:${ACCOUNT}`;
/** What was asked, and what is refused from now on. */
let asked: string[];
let refused: string | undefined;
const guard: Guard = {
  ...openGuard,
  check: (_, action, resource) => {
    asked.push(`${action} ${resource}`);
    if (action === refused) throw new AwsError('AccessDeniedException', `not authorized to perform: ${action}`, 403);
  },
};

let iot: TestIot;
let control: IoTClient;
let data: IoTDataPlaneClient;
beforeAll(async () => {
  asked = [];
  iot = await startTestIot({ guard, policies: [allowAll('device')] });
  const client = { region: REGION, endpoint: iot.endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  control = new IoTClient(client);
  data = new IoTDataPlaneClient(client);
});
afterAll(async () => {
  control.destroy();
  data.destroy();
  await iot.dispose();
});

const askedNow = async (work: () => Promise<unknown>) => {
  asked = [];
  await work();
  return asked;
};

describe('a certificate', () => {
  it('is made with its keys, gets a policy, and then opens a connection', async () => {
    const made = await control.send(new CreateKeysAndCertificateCommand({ setAsActive: true }));
    const { certificateId, certificateArn, certificatePem, keyPair } = made;
    expect(certificateArn).toBe(`${ARN}:cert/${certificateId}`);
    expect(new X509Certificate(certificatePem!).checkPrivateKey(createPrivateKey(keyPair!.PrivateKey!))).toBe(true);
    expect(createPrivateKey(keyPair!.PrivateKey!).asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 });
    expect(
      await askedNow(() => control.send(new AttachPolicyCommand({ policyName: 'device', target: certificateArn! }))),
    ).toEqual([`iot:AttachPolicy ${certificateArn}`]);
    const attached = await control.send(new ListAttachedPoliciesCommand({ target: certificateArn! }));
    expect(attached.policies).toEqual([{ policyName: 'device', policyArn: `${ARN}:policy/device` }]);

    const [certificateFile, keyFile] = ['claim.pem', 'claim.key'].map((name) => join(iot.dataDir, name)) as [
      string,
      string,
    ];
    writeFileSync(certificateFile, certificatePem!);
    writeFileSync(keyFile, keyPair!.PrivateKey!);
    const { port, caFile } = iot;
    const client = await connectRaw({ port, caFile, clientId: 'claim-1', certificateFile, keyFile });
    expect(client.connack.reasonCode).toBe(0);
    await client.end();
  });

  it('is made of a signing request, not active unless that is asked for', async () => {
    const certificateSigningRequest = signingRequest(newPrivateKey(), 'claim');
    const { certificateId } = await control.send(new CreateCertificateFromCsrCommand({ certificateSigningRequest }));
    const described = await control.send(new DescribeCertificateCommand({ certificateId: certificateId! }));
    expect(described.certificateDescription).toMatchObject({ certificateId, status: 'INACTIVE' });
    expect(described.certificateDescription?.validity?.notAfter?.getTime()).toBeGreaterThan(Date.now());
    const nonsense = new CreateCertificateFromCsrCommand({ certificateSigningRequest: 'nonsense' });
    await expect(control.send(nonsense)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('is deleted when nothing hangs on it any more, and not before', async () => {
    await iot.registerDevice({ thing: 'old', facility: '3', policyName: 'device' });
    const { principals } = await control.send(new ListThingPrincipalsCommand({ thingName: 'old' }));
    const principal = principals![0]!;
    const certificateId = principal.split('/')[1]!;
    const remove = (forceDelete = false) => control.send(new DeleteCertificateCommand({ certificateId, forceDelete }));
    await expect(control.send(new DeleteThingCommand({ thingName: 'old' }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
    await expect(remove()).rejects.toMatchObject({ name: 'CertificateStateException' });
    await control.send(new UpdateCertificateCommand({ certificateId, newStatus: 'INACTIVE' }));
    await expect(remove(true)).rejects.toMatchObject({ name: 'DeleteConflictException' });
    await control.send(new DetachThingPrincipalCommand({ thingName: 'old', principal }));
    await expect(remove()).rejects.toMatchObject({ name: 'DeleteConflictException' });
    await control.send(new DetachPolicyCommand({ policyName: 'device', target: principal }));
    await remove();
    await control.send(new DeleteThingCommand({ thingName: 'old' }));
    for (const gone of [
      new DescribeCertificateCommand({ certificateId }),
      new DescribeThingCommand({ thingName: 'old' }),
    ])
      await expect(control.send(gone as DescribeThingCommand)).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
      });
  });

  it('that loses its thing loses its connection', async () => {
    const client = await iot.device('detached', '3');
    const { principals } = await control.send(new ListThingPrincipalsCommand({ thingName: 'detached' }));
    await control.send(new DetachThingPrincipalCommand({ thingName: 'detached', principal: principals![0]! }));
    await client.closed;
  });
});

describe('things', () => {
  it('are listed and described with their attributes, page by page', async () => {
    for (const thing of ['plant-b', 'plant-a', 'plant-c'])
      await iot.registerDevice({ thing, facility: thing === 'plant-c' ? '4' : '33', policyName: 'device' });
    const wanted = { attributeName: 'facility', attributeValue: '33', maxResults: 1 };
    const first = await control.send(new ListThingsCommand(wanted));
    const second = await control.send(new ListThingsCommand({ ...wanted, nextToken: first.nextToken! }));
    expect([first, second].map(({ things }) => things?.map(({ thingName }) => thingName))).toEqual([
      ['plant-a'],
      ['plant-b'],
    ]);
    expect(second.nextToken).toBeUndefined();
    expect(await control.send(new DescribeThingCommand({ thingName: 'plant-a' }))).toMatchObject({
      thingName: 'plant-a',
      thingArn: `${ARN}:thing/plant-a`,
      thingTypeName: 'edge-agent',
      attributes: { facility: '33' },
      version: 1,
    });
  });

  it('are not made this way, because no product of ours does so', async () => {
    await expect(control.send(new CreateThingCommand({ thingName: 'x' }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
    });
  });
});

describe('a job', () => {
  it('is made for things that exist, described, listed and canceled', async () => {
    await iot.registerDevice({ thing: 'worker', facility: '3', policyName: 'device' });
    const target = `${ARN}:thing/worker`;
    const create = (jobId: string, change: object = {}) =>
      control.send(new CreateJobCommand({ jobId, targets: [target], document: '{"v":1}', ...change }));
    expect(await askedNow(() => create('job-1', { description: 'why' }))).toEqual([
      `iot:CreateJob ${ARN}:job/job-1`,
      `iot:CreateJob ${target}`,
    ]);
    await expect(create('job-1')).rejects.toMatchObject({ name: 'ResourceAlreadyExistsException' });
    await expect(create('job-2', { targets: [`${ARN}:thing/nobody`] })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(create('job-3', { document: 'text' })).rejects.toMatchObject({ name: 'InvalidRequestException' });
    const { job } = await control.send(new DescribeJobCommand({ jobId: 'job-1' }));
    expect(job).toMatchObject({ jobId: 'job-1', description: 'why', status: 'IN_PROGRESS', targets: [target] });
    const of = { jobId: 'job-1', thingName: 'worker' };
    const { execution } = await control.send(new DescribeJobExecutionCommand(of));
    expect(execution).toMatchObject({ status: 'QUEUED', thingArn: target, versionNumber: 1, executionNumber: 1 });
    expect(execution?.queuedAt).toBeInstanceOf(Date);
    const { executionSummaries } = await control.send(
      new ListJobExecutionsForThingCommand({ thingName: 'worker', status: 'QUEUED' }),
    );
    expect(executionSummaries?.map(({ jobId }) => jobId)).toEqual(['job-1']);
    await control.send(new CancelJobCommand({ jobId: 'job-1' }));
    const { execution: after } = await control.send(new DescribeJobExecutionCommand(of));
    expect(after?.status).toBe('CANCELED');
  });
});

describe('the data plane', () => {
  it('publishes to whoever has subscribed, and says when a topic cannot be', async () => {
    const client = await iot.device('listener', '3');
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'plants/+/commands', qos: 1 }] });
    await client.receive('suback');
    const publish = (topic: string) => data.send(new PublishCommand({ topic, qos: 1, payload: Buffer.from('go') }));
    expect(await askedNow(() => publish('plants/3/commands'))).toEqual([`iot:Publish ${ARN}:topic/plants/3/commands`]);
    const { topic, payload } = (await client.receive('publish')) as IPublishPacket;
    expect([topic, payload.toString()]).toEqual(['plants/3/commands', 'go']);
    for (const bad of ['plants/#', '$aws/events/x'])
      await expect(publish(bad)).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('reads a shadow as its thing has reported it', async () => {
    await expect(data.send(new GetThingShadowCommand({ thingName: 'nobody' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await data.send(
      new PublishCommand({
        topic: '$aws/things/nobody/shadow/update',
        payload: Buffer.from('{"state":{"reported":{"a":1}}}'),
      }),
    );
    const { payload } = await data.send(new GetThingShadowCommand({ thingName: 'nobody' }));
    expect(JSON.parse(Buffer.from(payload!).toString())).toMatchObject({ state: { reported: { a: 1 } }, version: 1 });
  });
});

describe('every operation', () => {
  const certificateId = 'a'.repeat(64);
  const target = `${ARN}:cert/${certificateId}`;
  const [thingName, jobId, policyName] = ['t', 'j', 'device'];
  it.each([
    ['iot:CreateKeysAndCertificate', new CreateKeysAndCertificateCommand({})],
    ['iot:CreateCertificateFromCsr', new CreateCertificateFromCsrCommand({ certificateSigningRequest: 'x' })],
    ['iot:DescribeCertificate', new DescribeCertificateCommand({ certificateId })],
    ['iot:UpdateCertificate', new UpdateCertificateCommand({ certificateId, newStatus: 'INACTIVE' })],
    ['iot:DeleteCertificate', new DeleteCertificateCommand({ certificateId })],
    ['iot:AttachPolicy', new AttachPolicyCommand({ policyName, target })],
    ['iot:DetachPolicy', new DetachPolicyCommand({ policyName, target })],
    ['iot:ListAttachedPolicies', new ListAttachedPoliciesCommand({ target })],
    ['iot:ListTargetsForPolicy', new ListTargetsForPolicyCommand({ policyName })],
    ['iot:ListThings', new ListThingsCommand({})],
    ['iot:DescribeThing', new DescribeThingCommand({ thingName })],
    ['iot:DeleteThing', new DeleteThingCommand({ thingName })],
    ['iot:ListThingPrincipals', new ListThingPrincipalsCommand({ thingName })],
    ['iot:DetachThingPrincipal', new DetachThingPrincipalCommand({ thingName, principal: target })],
    ['iot:CreateJob', new CreateJobCommand({ jobId, targets: [`${ARN}:thing/t`], document: '{}' })],
    ['iot:DescribeJob', new DescribeJobCommand({ jobId })],
    ['iot:CancelJob', new CancelJobCommand({ jobId })],
    ['iot:DescribeJobExecution', new DescribeJobExecutionCommand({ jobId, thingName })],
    ['iot:ListJobExecutionsForThing', new ListJobExecutionsForThingCommand({ thingName })],
    ['iot:DescribeEndpoint', new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' })],
    ['iot:Publish', new PublishCommand({ topic: 'x' })],
    ['iot:GetThingShadow', new GetThingShadowCommand({ thingName })],
  ])('%s is refused to a caller that may not', async (action, command) => {
    refused = action;
    const client = (action === 'iot:Publish' || action === 'iot:GetThingShadow' ? data : control) as IoTClient;
    const answer = await client.send(command as never).catch((error: unknown) => error);
    refused = undefined;
    expect(answer).toMatchObject({ name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } });
  });

  it('tells where devices connect', async () => {
    const { endpointAddress } = await control.send(new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }));
    expect(endpointAddress).toBe(`127.0.0.1:${iot.port}`);
  });
});
