import { once } from 'node:events';
import {
  CreateJobCommand,
  DescribeJobExecutionCommand,
  DescribeThingCommand,
  ListThingPrincipalsCommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot';
import { GetThingShadowCommand, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { mqtt5 } from 'aws-iot-device-sdk-v2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentReport, agentReport } from '#core/contracts/agent-report';
import { jobsOver, shadowOver } from '../../../edge-agent/uplink/iot-services.ts';
import { eventually } from '../eventually.ts';
import { claimOf, type OwnCloud, startOwnCloud } from './own-cloud.ts';
import { type Credentials, connected, provision, sdkClient, stopped } from './sdk-device.ts';

let cloud: OwnCloud;
beforeAll(async () => {
  cloud = await startOwnCloud();
}, 120_000);
afterAll(() => cloud.stop());

const clients = new Set<mqtt5.Mqtt5Client>();
afterEach(async () => {
  for (const client of clients) await stopped(client);
  clients.clear();
});

const connect = async (clientId: string, credentials: Credentials): Promise<mqtt5.Mqtt5Client> => {
  const client = await connected(sdkClient(cloud.iot, clientId, credentials));
  clients.add(client);
  return client;
};

const register = async (serialNumber: string, facility: string, thing = `agent-${serialNumber}`) => {
  const result = await cloud.devices.register({
    serialNumber,
    facility,
    thing,
    registeredAt: '2025-07-01T08:00:00.000Z',
    registeredBy: 'arn:aws:iam::000000000000:user/operator',
  });
  expect(result.registered).toBe(true);
};

const withClaim = (serialNumber: string) => connect(`claim-${serialNumber}`, claimOf(cloud.iot));
const provisioned = async (serialNumber: string, facility: string) => {
  await register(serialNumber, facility);
  return provision(await withClaim(serialNumber), serialNumber);
};

const minutesTopic = (facility: string, thing: string) =>
  `$aws/rules/emissionwatch_measurements/emissionwatch/v1/${facility}/${thing}/minutes`;
const publish = async (client: mqtt5.Mqtt5Client, topicName: string, payload = 'x') =>
  (await client.publish({ topicName, payload, qos: mqtt5.QoS.AtLeastOnce }))?.reasonCode;
const subscribe = async (client: mqtt5.Mqtt5Client, topicFilter: string) =>
  (await client.subscribe({ subscriptions: [{ topicFilter, qos: mqtt5.QoS.AtLeastOnce }] })).reasonCodes[0];

describe('a device that is on the allow-list', () => {
  it('becomes the thing of its facility that the list says, and publishes the minutes of that facility', async () => {
    const device = await provisioned('SN-100', '3');
    expect(device).toMatchObject({
      thing: 'agent-SN-100',
      deviceConfiguration: { facility: '3', ruleName: 'emissionwatch_measurements' },
    });
    const thing = await cloud.control.send(new DescribeThingCommand({ thingName: 'agent-SN-100' }));
    expect(thing.attributes).toEqual({ facility: '3', serialNumber: 'SN-100' });
    expect(thing.thingTypeName).toMatch(/ThingType/);
    const client = await connect('agent-SN-100', device);
    expect(await publish(client, minutesTopic('3', 'agent-SN-100'), 'minutes')).toBe(0);
    expect(cloud.records).toContainEqual({ facility: '3', thing: 'agent-SN-100', payload: 'minutes' });
  });

  it('is what the list says, whatever it says itself', async () => {
    await register('SN-101', '3');
    const device = await provision(await withClaim('SN-101'), 'SN-101', {
      Facility: '4',
      ThingName: 'agent-SN-100',
      'AWS::IoT::Certificate::Id': '0'.repeat(64),
    });
    expect(device).toMatchObject({ thing: 'agent-SN-101', deviceConfiguration: { facility: '3' } });
    const { principals } = await cloud.control.send(new ListThingPrincipalsCommand({ thingName: 'agent-SN-101' }));
    expect(principals).toEqual([`arn:aws:iot:us-east-1:000000000000:cert/${device.certificateId}`]);
  });

  it('is told to no log with its certificate, key or token', async () => {
    await provisioned('SN-102', '3');
    expect(cloud.hookLog()).toContain('SN-102');
    for (const text of [cloud.hookLog(), cloud.lines.join('\n')]) expect(text).not.toMatch(/BEGIN|[0-9a-f]{64}\.\d/);
  });
});

describe('nobody else gets a certificate', () => {
  it('not a serial number that nobody has registered', async () => {
    await expect(provision(await withClaim('SN-199'), 'SN-199')).rejects.toThrow('AccessDenied');
    expect(cloud.hookLog()).toMatch(/not-registered/);
  });

  it('not a serial number that is none', async () => {
    await expect(provision(await withClaim('SN-198'), 'thing:agent-SN-100')).rejects.toThrow('AccessDenied');
    expect(cloud.hookLog()).toMatch(/not-understood/);
  });

  it('not a serial number that has one already', async () => {
    await provisioned('SN-103', '3');
    await expect(provision(await withClaim('SN-103-again'), 'SN-103')).rejects.toThrow('AccessDenied');
    expect(cloud.hookLog()).toMatch(/already-provisioned/);
  });

  it('not a serial number that is revoked', async () => {
    await register('SN-104', '3');
    await cloud.devices.revoke('SN-104', '2025-07-02T08:00:00.000Z');
    await expect(provision(await withClaim('SN-104'), 'SN-104')).rejects.toThrow('AccessDenied');
  });

  it('not a device in the name of another one that waits for its own', async () => {
    const device = await provisioned('SN-105', '3');
    await register('SN-106', '4');
    const client = await connect('agent-SN-105', device);
    await expect(provision(client, 'SN-106')).rejects.toThrow('AccessDenied');
    expect(await cloud.devices.find('SN-106')).toMatchObject({ state: 'registered' });
  });

  it('and what was refused opens no connection', async () => {
    const claim = await withClaim('SN-197');
    const refused = await provision(claim, 'SN-197').catch((error: Error) => error.message);
    expect(refused).toBe('AccessDenied');
    expect(cloud.lines.filter((line) => line.includes('agent-SN-197'))).toEqual([]);
  });
});

describe('a claim certificate', () => {
  it('connects only as a claim', async () => {
    await expect(connect('agent-SN-100', claimOf(cloud.iot))).rejects.toThrow('no policy allows iot:Connect');
  });

  it.each([minutesTopic('3', 'claim-x'), 'emissionwatch/v1/commands/claim-x', '$aws/things/claim-x/shadow/update'])(
    'publishes nothing to %s',
    async (topic) => {
      const client = await withClaim('x');
      expect(await publish(client, topic)).toBe(mqtt5.PubackReasonCode.NotAuthorized);
      expect(cloud.records.filter(({ thing }) => thing === 'claim-x')).toEqual([]);
    },
  );

  it.each(['emissionwatch/v1/commands/claim-x', 'emissionwatch/#', '$aws/things/+/jobs/notify-next', '#'])(
    'hears nothing on %s',
    async (filter) => {
      expect(await subscribe(await withClaim('y'), filter)).toBe(mqtt5.SubackReasonCode.NotAuthorized);
    },
  );
});

describe('a certificate of facility 3', () => {
  let device: Credentials & { readonly thing: string };
  beforeAll(async () => {
    device = await provisioned('SN-110', '3');
    await provisioned('SN-111', '33');
  });

  it.each([
    minutesTopic('33', 'agent-SN-110'),
    minutesTopic('33', 'agent-SN-111'),
    minutesTopic('3', 'agent-SN-111'),
    'emissionwatch/v1/3/agent-SN-110/minutes',
    'emissionwatch/v1/commands/agent-SN-111',
    '$aws/things/agent-SN-111/shadow/update',
    '$aws/things/agent-SN-111/jobs/start-next',
  ])('publishes nothing to %s', async (topic) => {
    const client = await connect(device.thing, device);
    expect(await publish(client, topic)).toBe(mqtt5.PubackReasonCode.NotAuthorized);
    expect(cloud.records.filter(({ facility }) => facility === '33')).toEqual([]);
  });

  it.each([
    'emissionwatch/v1/commands/agent-SN-111',
    'emissionwatch/v1/commands/+',
    '$aws/things/agent-SN-111/jobs/notify-next',
    '$aws/things/agent-SN-111/shadow/update/accepted',
    '$aws/things/+/shadow/update/accepted',
    '$aws/things/#',
    '#',
  ])('hears nothing on %s', async (filter) => {
    const client = await connect(device.thing, device);
    expect(await subscribe(client, filter)).toBe(mqtt5.SubackReasonCode.NotAuthorized);
  });

  it.each(['agent-SN-111', 'agent-SN-11', 'claim-SN-110', 'anything'])('does not connect as %s', async (clientId) => {
    await expect(connect(clientId, device)).rejects.toThrow('no policy allows iot:Connect');
  });
});

describe('a device with a certificate of its own', () => {
  it('does its jobs, reports its state and hears its commands', async () => {
    const device = await provisioned('SN-140', '3');
    const client = await connect('agent-SN-140', device);
    let noticed = 0;
    const jobs = jobsOver(client, 'agent-SN-140', () => noticed++);
    const shadow = shadowOver(client, 'agent-SN-140');
    try {
      expect(await jobs.nextJob()).toBeUndefined();
      await cloud.control.send(
        new CreateJobCommand({
          jobId: 'rotate-140',
          targets: ['arn:aws:iot:us-east-1:000000000000:thing/agent-SN-140'],
          document: '{"v":1,"operation":"rotate-certificate"}',
        }),
      );
      await eventually(() => noticed > 0);
      const job = { id: 'rotate-140', document: { v: 1, operation: 'rotate-certificate' } };
      expect(await jobs.nextJob()).toEqual(job);
      await jobs.updateJob('rotate-140', 'SUCCEEDED');
      expect(await jobs.nextJob()).toBeUndefined();
      const execution = { jobId: 'rotate-140', thingName: 'agent-SN-140' };
      const { execution: done } = await cloud.control.send(new DescribeJobExecutionCommand(execution));
      expect(done?.status).toBe('SUCCEEDED');

      const report: AgentReport = {
        v: 1,
        reportedAt: '2025-07-01T08:00:00.000Z',
        software: 'emissionwatch 0',
        waiting: null,
        keptFrom: null,
        setAsideMinutes: 0,
        answered: [],
      };
      await shadow.report(report);
      const { payload } = await cloud.data.send(new GetThingShadowCommand({ thingName: 'agent-SN-140' }));
      expect(agentReport.parse(JSON.parse(Buffer.from(payload!).toString()).state.reported)).toEqual(report);
    } finally {
      jobs.close();
      shadow.close();
    }

    const commands: string[] = [];
    client.on('messageReceived', ({ message: { topicName, payload } }) => {
      commands.push(`${topicName} ${Buffer.from(payload as ArrayBuffer)}`);
    });
    expect(await subscribe(client, 'emissionwatch/v1/commands/agent-SN-140')).toBe(1);
    for (const thing of ['agent-SN-14', 'agent-SN-140'])
      await cloud.data.send(
        new PublishCommand({ topic: `emissionwatch/v1/commands/${thing}`, qos: 1, payload: Buffer.from(thing) }),
      );
    await eventually(() => commands.length > 0);
    expect(commands).toEqual(['emissionwatch/v1/commands/agent-SN-140 agent-SN-140']);
  });
});

describe('a certificate is replaced', () => {
  it('over the connection of its holder, and the old one is in force until somebody ends it', async () => {
    const old = await provisioned('SN-120', '3');
    const first = await connect('agent-SN-120', old);
    const next = await provision(first, 'SN-120');
    expect(next.thing).toBe('agent-SN-120');
    expect(next.certificateId).not.toBe(old.certificateId);
    expect(await publish(first, minutesTopic('3', 'agent-SN-120'), 'still here')).toBe(0);

    const takenOver = once(first, 'disconnection');
    const second = await connect('agent-SN-120', next);
    await takenOver;
    expect(await publish(second, minutesTopic('3', 'agent-SN-120'), 'changed over')).toBe(0);
    const device = await cloud.devices.find('SN-120');
    expect(device).toMatchObject({ certificateId: next.certificateId, replacedCertificateId: old.certificateId });

    await cloud.control.send(
      new UpdateCertificateCommand({ certificateId: device!.replacedCertificateId!, newStatus: 'INACTIVE' }),
    );
    await expect(connect('agent-SN-120', old)).rejects.toThrow();
    expect(await publish(second, minutesTopic('3', 'agent-SN-120'), 'and on')).toBe(0);
    expect(cloud.records.filter(({ thing }) => thing === 'agent-SN-120')).toHaveLength(3);
  });

  it('not over the connection of another device, and not with the claim certificate', async () => {
    const old = await provisioned('SN-121', '3');
    const other = await provisioned('SN-122', '3');
    await expect(provision(await connect('agent-SN-122', other), 'SN-121')).rejects.toThrow('AccessDenied');
    await expect(provision(await withClaim('SN-121'), 'SN-121')).rejects.toThrow('AccessDenied');
    expect(await cloud.devices.find('SN-121')).toMatchObject({ certificateId: old.certificateId });
  });
});

describe('a certificate that is deactivated', () => {
  it('loses its connection at once, and opens no other', async () => {
    const device = await provisioned('SN-130', '3');
    const client = await connect('agent-SN-130', device);
    const lost = once(client, 'disconnection');
    await cloud.control.send(
      new UpdateCertificateCommand({ certificateId: device.certificateId, newStatus: 'REVOKED' }),
    );
    const [{ disconnect }] = (await lost) as [mqtt5.DisconnectionEvent];
    expect(disconnect?.reasonCode).toBe(mqtt5.DisconnectReasonCode.AdministrativeAction);
    await expect(connect('agent-SN-130', device)).rejects.toThrow();
  });
});
