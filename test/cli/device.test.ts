import { X509Certificate } from 'node:crypto';
import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateKeysAndCertificateCommand,
  DescribeJobExecutionCommand,
  IoTClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-iot';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addFacility } from '#adapters/data-api-facilities';
import { dynamoDevices } from '#adapters/dynamodb-devices';
import type { Device } from '#core/contracts/device';
import { connectRaw } from '../local/iot/raw-client.ts';
import { type TestDeployment, testDeployment } from './test-deployment.ts';

// Each command is a process of its own, and a busy machine takes its time to start one.
vi.setConfig({ testTimeout: 120_000 });

let deployment: TestDeployment;
let iot: IoTClient;
let dynamo: DynamoDBClient;
beforeAll(async () => {
  deployment = await testDeployment();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  iot = new IoTClient({ region: 'us-east-1', endpoint: deployment.iot.endpoint, credentials });
  dynamo = new DynamoDBClient({ region: 'us-east-1', endpoint: deployment.dynamoEndpoint, credentials });
  await deployment.database
    .as('operator')
    .transaction((execute) =>
      addFacility(execute, { facility: 'P1', name: 'P1', orisCode: null, utcOffsetMinutes: 0 }),
    );
});
afterAll(async () => {
  iot.destroy();
  dynamo.destroy();
  await deployment.stop();
});

const show = async (serial: string) =>
  (await deployment.json('device', 'show', serial)) as {
    device: Device;
    certificates: { certificateId: string; status: string }[];
    report: unknown;
  };
const newest = async () => ((await deployment.json('audit', 'list', '--limit', '1')).entries as object[])[0];

/** What the provisioning hook does, and what AWS IoT does then; returns how the device connects. */
const provision = async (serialNumber: string) => {
  const { device } = await show(serialNumber);
  const files = await deployment.iot.registerDevice({ thing: device.thing, facility: 'P1', policyName: 'device' });
  const { fingerprint256 } = new X509Certificate(readFileSync(files.certificateFile));
  const certificateId = fingerprint256.replaceAll(':', '').toLowerCase();
  await admit(serialNumber, certificateId, { claimCertificateId: 'claim', clientId: 'claim-1' });
  return { ...files, certificateId, thing: device.thing };
};
const admit = async (
  serialNumber: string,
  certificateId: string,
  by: { claimCertificateId: string; clientId: string },
) => {
  const at = new Date().toISOString();
  const answer = await dynamoDevices('devices', dynamo).admit({ serialNumber, certificateId, at, ...by });
  expect(answer.admitted).toBe(true);
};
const connect = ({ thing, ...files }: { thing: string; certificateFile: string; keyFile: string }) =>
  connectRaw({ port: deployment.iot.port, caFile: deployment.iot.caFile, clientId: thing, ...files });

describe('device', () => {
  it('register puts a device on the allow-list, for a facility that exists, once', async () => {
    const nobody = await deployment.ew('device', 'register', 'RPI-1', '--facility', 'NONE');
    expect({ code: nobody.code, stderr: nobody.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('there is no facility NONE'),
    });
    const registered = await deployment.json('device', 'register', 'RPI-1', '--facility', 'P1', '--why', 'new plant');
    expect(registered).toMatchObject({
      registered: true,
      device: { serialNumber: 'RPI-1', facility: 'P1', thing: 'P1-RPI-1', state: 'registered' },
    });
    expect(await newest()).toMatchObject({
      action: 'device register',
      subject: 'RPI-1',
      why: 'new plant',
      outcome: 'done',
    });
    expect(await deployment.json('device', 'register', 'RPI-1', '--facility', 'P1')).toMatchObject({
      registered: false,
    });
    const other = await deployment.ew('device', 'register', 'RPI-1', '--facility', 'P1', '--thing', 'another');
    expect({ code: other.code, stderr: other.stderr.replaceAll('\n', ' ') }).toEqual({
      code: 1,
      stderr: expect.stringContaining(
        'device RPI-1 is registered, as P1-RPI-1 of facility P1: revoke it first, or give --again',
      ),
    });
    const taken = await deployment.ew('device', 'register', 'RPI-2', '--facility', 'P1', '--thing', 'P1-RPI-1');
    expect(taken.stderr.replaceAll('\n', ' ')).toContain('P1-RPI-1 is the thing of device RPI-1');
    expect(await newest()).toMatchObject({ subject: 'RPI-2', outcome: 'failed' });
  });

  it('list and show say what it may do', async () => {
    const { stdout } = await deployment.ew('device', 'list');
    expect(stdout).toBe('SERIAL  STATE       FACILITY  THING\nRPI-1   registered  P1        P1-RPI-1\n');
    expect((await deployment.json('device', 'list', '--facility', 'P2')).devices).toEqual([]);
    expect(await show('RPI-1')).toMatchObject({ certificates: [], report: null });
    const { code, stderr } = await deployment.ew('device', 'show', 'RPI-9');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('device RPI-9 is not on the allow-list'),
    });
  });

  it('show has the certificates and what the agent said of itself', async () => {
    const files = await provision('RPI-1');
    const client = await connect(files);
    const reported = {
      v: 1,
      reportedAt: '2026-03-01T12:00:00.000Z',
      software: '1.0.0',
      waiting: { from: '2026-03-01T11:58Z', minutes: 2 },
      keptFrom: '2026-02-28T12:00Z',
      setAsideMinutes: 0,
      answered: [],
    };
    await client.publishAll(`$aws/things/${files.thing}/shadow/update`, [
      Buffer.from(JSON.stringify({ state: { reported } })),
    ]);
    await expect.poll(async () => (await show('RPI-1')).report).toEqual(reported);
    await client.end();
    const { stdout } = await deployment.ew('device', 'show', 'RPI-1');
    expect(stdout).toMatch(new RegExp(`certificate +${files.certificateId.slice(0, 16)} ACTIVE, until`));
    expect(stdout).toMatch(/agent +1\.0\.0 at 2026-03-01T12:00:00\.000Z; 2 minutes wait/);
  });

  it('rotate waits for the agent, and then makes the old certificate inactive', async () => {
    const { device } = await show('RPI-1');
    const files = await deployment.iot.registerDevice({ thing: device.thing, facility: 'P1', policyName: 'device' });
    const client = await connect({ thing: device.thing, ...files });
    const child = deployment.start('--json', 'device', 'rotate', 'RPI-1', '--why', 'yearly');
    const ended = deployment.ended(child);
    const jobId = `rotate-${device.certificateId!.slice(0, 32)}-1`;
    const execution = async () => {
      try {
        return (await iot.send(new DescribeJobExecutionCommand({ jobId, thingName: device.thing }))).execution?.status;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined;
        throw error;
      }
    };
    await expect.poll(execution, { timeout: 15_000 }).toBe('QUEUED');
    // The agent fetches a new certificate over its connection, and says so over the next one.
    const made = await iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true }));
    const by = { claimCertificateId: device.certificateId!, clientId: device.thing };
    await admit('RPI-1', made.certificateId!, by);
    expect((await show('RPI-1')).certificates).toMatchObject([
      { certificateId: device.certificateId, status: 'ACTIVE' },
    ]);
    const update = Buffer.from(JSON.stringify({ status: 'SUCCEEDED' }));
    await client.publishAll(`$aws/things/${device.thing}/jobs/${jobId}/update`, [update]);
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      device: { certificateId: made.certificateId },
      retired: [device.certificateId],
    });
    await client.closed;
    expect(await newest()).toMatchObject({ action: 'device rotate', outcome: 'done', why: 'yearly' });
  });

  it('rotate says why the agent keeps its certificate, and begins anew the next time', async () => {
    const { device } = await show('RPI-1');
    const jobOf = (attempt: number) => `rotate-${device.certificateId!.slice(0, 32)}-${attempt}`;
    const attempt = async (number: number) => {
      // The thing's own connection: the certificate of the test before is attached to no thing here.
      const files = await deployment.iot.registerDevice({ thing: device.thing, facility: 'P1', policyName: 'device' });
      const client = await connect({ thing: device.thing, ...files });
      const child = deployment.start('device', 'rotate', 'RPI-1');
      const ended = deployment.ended(child);
      const update = Buffer.from(JSON.stringify({ status: 'FAILED', statusDetails: { reason: 'the disk is full' } }));
      const describe = () =>
        iot.send(new DescribeJobExecutionCommand({ jobId: jobOf(number), thingName: device.thing }));
      await expect
        .poll(
          () =>
            describe().then(
              () => true,
              () => false,
            ),
          { timeout: 15_000 },
        )
        .toBe(true);
      await client.publishAll(`$aws/things/${device.thing}/jobs/${jobOf(number)}/update`, [update]);
      const { code, stderr } = await ended;
      await client.end();
      return { code, said: stderr.replaceAll('\n', ' ') };
    };
    expect(await attempt(1)).toEqual({ code: 1, said: expect.stringContaining('-1 is FAILED (the disk is full)') });
    expect(await attempt(2)).toEqual({ code: 1, said: expect.stringContaining('-2 is FAILED') });
  });

  it('rotate that is interrupted leaves the job, and the next one waits for the same', async () => {
    const { device } = await show('RPI-1');
    const jobId = `rotate-${device.certificateId!.slice(0, 32)}-3`;
    const describe = () => iot.send(new DescribeJobExecutionCommand({ jobId, thingName: device.thing }));
    const begun = async () =>
      (
        await deployment.database
          .as('operator')
          .execute(
            'select count(*) from audit_entry where action = \'device rotate\' and document like \'%"outcome":"begun"%\'',
          )
      )[0]![0] as number;
    for (let round = 0; round < 2; round++) {
      const before = await begun();
      const child = deployment.start('device', 'rotate', 'RPI-1');
      const ended = deployment.ended(child);
      await expect.poll(begun, { timeout: 15_000 }).toBe(before + 1);
      await expect
        .poll(
          () =>
            describe().then(
              () => true,
              () => false,
            ),
          { timeout: 15_000 },
        )
        .toBe(true);
      child.kill('SIGINT');
      expect((await ended).code).toBe(130);
      expect((await describe()).execution?.status).toBe('QUEUED');
    }
    await expect(
      iot.send(new DescribeJobExecutionCommand({ jobId: jobId.replace(/3$/, '4'), thingName: device.thing })),
    ).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it('revoke makes every certificate inactive, ends the connection, and may be repeated', async () => {
    await deployment.ew('device', 'register', 'RPI-3', '--facility', 'P1');
    const files = await provision('RPI-3');
    const client = await connect(files);
    expect(await deployment.json('device', 'revoke', 'RPI-3', '--why', 'stolen')).toEqual({
      serialNumber: 'RPI-3',
      certificates: [files.certificateId],
    });
    await client.closed;
    expect((await show('RPI-3')).device).toMatchObject({ state: 'revoked', revokedAt: expect.any(String) });
    await expect(connect(files)).rejects.toThrow();
    expect(await newest()).toMatchObject({
      action: 'device revoke',
      why: 'stolen',
      before: { state: 'provisioned' },
      after: { state: 'revoked' },
    });
    expect(await deployment.json('device', 'revoke', 'RPI-3', '--why', 'again')).toMatchObject({ certificates: [] });
    const { code, stderr } = await deployment.ew('device', 'rotate', 'RPI-3');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('device RPI-3 is revoked') });
  });

  it('revoke of a device whose thing another one has become leaves that one alone', async () => {
    await deployment.ew('device', 'register', 'RPI-4', '--facility', 'P1', '--thing', 'P1-RPI-3');
    const files = await provision('RPI-4');
    expect(await deployment.json('device', 'revoke', 'RPI-3', '--why', 'once more')).toMatchObject({
      certificates: [],
    });
    expect((await show('RPI-4')).certificates).toMatchObject([
      { certificateId: files.certificateId, status: 'ACTIVE' },
    ]);
  });

  it('register --again lets a device that lost its key provision once more, and ends the old certificate', async () => {
    const { certificates } = await show('RPI-4');
    expect(certificates).toHaveLength(1);
    await deployment.json('device', 'register', 'RPI-4', '--facility', 'P1', '--thing', 'P1-RPI-3', '--again');
    expect(await show('RPI-4')).toMatchObject({ device: { state: 'registered' }, certificates: [] });
  });

  describe('after a revocation that was interrupted before the certificates', () => {
    const revokedOnTheListOnly = async (serial: string) => {
      await deployment.ew('device', 'register', serial, '--facility', 'P1');
      const files = await provision(serial);
      await dynamoDevices('devices', dynamo).revoke(serial, new Date().toISOString());
      // The old key in other hands: under its own name it would be taken for the new one.
      const old = { ...files, certificateFile: `${files.certificateFile}.old`, keyFile: `${files.keyFile}.old` };
      renameSync(files.certificateFile, old.certificateFile);
      renameSync(files.keyFile, old.keyFile);
      await (await connect(old)).end();
      return old;
    };
    const isDead = (files: Parameters<typeof connect>[0]) => expect(connect(files)).rejects.toThrow();

    it('list and show warn of the certificate that is still active', async () => {
      const { certificateId, thing } = await revokedOnTheListOnly('RPI-5');
      const stray = { serialNumber: 'RPI-5', thing, certificateId };
      expect((await deployment.json('device', 'list', '--facility', 'P1')).strays).toContainEqual(stray);
      expect(await deployment.json('device', 'show', 'RPI-5')).toMatchObject({ strays: [stray] });
      const { stderr } = await deployment.ew('device', 'show', 'RPI-5');
      expect(stderr.replaceAll('\n', ' ')).toBe(
        `warning: certificate ${certificateId.slice(0, 16)} of ${thing} is active, and not the one that device RPI-5 (revoked) has on the allow-list: repeat \`ew device revoke\` `,
      );
    });

    it('revoke that is repeated makes it inactive, and nothing is left to warn of', async () => {
      const { certificateId } = (await show('RPI-5')).certificates[0]!;
      expect(await deployment.json('device', 'revoke', 'RPI-5', '--why', 'stolen')).toMatchObject({
        certificates: [certificateId],
      });
      expect(await show('RPI-5')).toMatchObject({ certificates: [], strays: [] });
    });

    it('register makes it inactive before the device may provision again, also for another facility', async () => {
      const files = await revokedOnTheListOnly('RPI-6');
      await deployment.database
        .as('operator')
        .transaction((execute) =>
          addFacility(execute, { facility: 'P2', name: 'P2', orisCode: null, utcOffsetMinutes: 0 }),
        );
      const args = ['RPI-6', '--facility', 'P2', '--thing', files.thing];
      expect(await deployment.json('device', 'register', ...args)).toMatchObject({
        registered: true,
        device: { state: 'registered', facility: 'P2' },
        retired: [files.certificateId],
      });
      await isDead(files);
      await (await connect(await provision('RPI-6'))).end();
      await isDead(files);
    });

    it('register as another thing, or of another device as this thing, makes it inactive too', async () => {
      const files = await revokedOnTheListOnly('RPI-7');
      await deployment.json('device', 'register', 'RPI-7', '--facility', 'P1', '--thing', 'P1-other');
      await isDead(files);
      const others = await revokedOnTheListOnly('RPI-8');
      await deployment.json('device', 'register', 'RPI-9', '--facility', 'P1', '--thing', others.thing);
      await isDead(others);
    });
  });

  it('register of a device whose thing is taken ends no certificate, neither its own nor the other', async () => {
    await deployment.ew('device', 'register', 'RPI-10', '--facility', 'P1');
    await deployment.ew('device', 'register', 'RPI-11', '--facility', 'P1');
    const files = [await provision('RPI-10'), await provision('RPI-11')];
    const { code } = await deployment.ew(
      ...['device', 'register', 'RPI-10', '--again', '--facility', 'P1', '--thing', 'P1-RPI-11'],
    );
    expect(code).toBe(1);
    for (const each of files) await (await connect(each)).end();
  });

  it('register that is repeated ends what a registered device still has, and never what a provisioned one has', async () => {
    await deployment.ew('device', 'register', 'RPI-12', '--facility', 'P1');
    const files = await deployment.iot.registerDevice({ thing: 'P1-RPI-12', facility: 'P1', policyName: 'device' });
    expect((await deployment.json('device', 'register', 'RPI-12', '--facility', 'P1')).retired).toHaveLength(1);
    await expect(connect({ thing: 'P1-RPI-12', ...files })).rejects.toThrow();
    const own = await provision('RPI-12');
    expect(await deployment.json('device', 'register', 'RPI-12', '--facility', 'P1')).toMatchObject({ retired: [] });
    await (await connect(own)).end();
  });

  it('claim writes a certificate and a key that only their owner can read, and never over others', async () => {
    const out = join(deployment.dataDir, 'claim');
    const made = await deployment.json('device', 'claim', '--out', out, '--why', 'first plant');
    const files = { certificateFile: join(out, 'claim.pem'), keyFile: join(out, 'claim.key') };
    expect(made).toMatchObject(files);
    for (const file of Object.values(files)) expect(statSync(file).mode & 0o777).toBe(0o600);
    const client = await connectRaw({
      port: deployment.iot.port,
      caFile: deployment.iot.caFile,
      clientId: 'claim-1',
      ...files,
    });
    expect(client.connack.reasonCode).toBe(0);
    await client.end();
    expect(await newest()).toMatchObject({ action: 'device claim', after: { certificateId: made.certificateId } });
    const { code, stderr } = await deployment.ew('device', 'claim', '--out', out);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('claim.pem exists') });
  });
});

describe('claim certificates', () => {
  it('are listed, and one that is revoked opens no connection any more', async () => {
    const out = join(deployment.dataDir, 'second-claim');
    const { certificateId } = (await deployment.json('device', 'claim', '--out', out)) as { certificateId: string };
    const files = { certificateFile: join(out, 'claim.pem'), keyFile: join(out, 'claim.key') };
    const claims = async () =>
      (await deployment.json('device', 'claims')).certificates as { certificateId: string; status: string }[];
    expect(await claims()).toContainEqual(expect.objectContaining({ certificateId, status: 'ACTIVE' }));
    await (await connect({ thing: 'claim-2', ...files })).end();
    expect(
      await deployment.json('device', 'claim-revoke', certificateId.slice(0, 12), '--why', 'left the shelter'),
    ).toEqual({ certificateId });
    await expect(connect({ thing: 'claim-2', ...files })).rejects.toThrow();
    expect((await claims()).map((each) => each.certificateId)).not.toContain(certificateId);
    expect(await newest()).toMatchObject({
      action: 'device claim-revoke',
      subject: certificateId,
      why: 'left the shelter',
      before: { status: 'ACTIVE' },
      after: { status: 'INACTIVE' },
    });
  });

  it('are the only ones that claim-revoke ends: the certificate of a device is none', async () => {
    const { certificates } = await show('RPI-12');
    const { code, stderr } = await deployment.ew(
      ...['device', 'claim-revoke', certificates[0]!.certificateId, '--why', 'mistaken'],
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('no claim certificate begins with') });
  });
});

describe('edge provision', () => {
  it('is what the edge agent does, with its options and its exit code', async () => {
    const { code, stderr } = await deployment.ew(
      'edge',
      'provision',
      '--config',
      join(deployment.dataDir, 'none.json'),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^edge-agent: .*none\.json/);
  });
});
