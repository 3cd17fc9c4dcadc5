import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DeviceBusyError, dynamoDevices } from '#adapters/dynamodb-devices';
import type { AdmissionRequest, DeviceRegistry } from '#core/ports';
import { startDynamoDb } from '../../local/services/dynamodb.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import { memoryDevices } from './memory-devices.ts';

const cleanups: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

let tables = 0;
const dynamoTable = async (): Promise<DeviceRegistry> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emissionwatch-devices-'));
  cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const name = `devices-${tables++}`;
  const service = await startDynamoDb({
    dataDir,
    account: '000000000000',
    guard: openGuard,
    tables: [
      {
        name,
        arn: `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`,
        key: { hash: 'serialNumber' },
        types: { serialNumber: 'S', facility: 'S' },
        indexes: { byFacility: { hash: 'facility', range: 'serialNumber' } },
      },
    ],
  });
  cleanups.push(service.stop);
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: service.endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  cleanups.push(() => client.destroy());
  return dynamoDevices(name, client);
};

const AT = '2025-07-01T08:00:00.000Z';
const LATER = '2025-07-02T08:00:00.000Z';
const registration = (serialNumber: string, facility = '3', thing = `agent-${serialNumber}`) => ({
  serialNumber,
  facility,
  thing,
  registeredAt: AT,
  registeredBy: 'arn:aws:iam::000000000000:user/operator',
});
/** A new device, over a connection with the claim certificate. */
const byClaim = (serialNumber: string, certificateId: string): AdmissionRequest => ({
  serialNumber,
  certificateId,
  claimCertificateId: 'claim',
  clientId: `claim-${serialNumber}`,
  at: AT,
});
/** A device that holds `from` already. */
const byDevice = (serialNumber: string, certificateId: string, from: string): AdmissionRequest => ({
  serialNumber,
  certificateId,
  claimCertificateId: from,
  clientId: `agent-${serialNumber}`,
  at: LATER,
});

const implementations: readonly (readonly [string, () => Promise<DeviceRegistry>])[] = [
  ['in memory', async () => memoryDevices()],
  ['in DynamoDB', dynamoTable],
];

describe.each(implementations)('the allow-list of devices %s', (_name, make) => {
  it('knows a device as it was registered, and nobody else', async () => {
    const devices = await make();
    const result = await devices.register(registration('SN-1'));
    expect(result).toEqual({ registered: true, device: { ...registration('SN-1'), state: 'registered' } });
    expect(await devices.find('SN-1')).toEqual({ ...registration('SN-1'), state: 'registered' });
    expect(await devices.find('SN-2')).toBeUndefined();
    expect(await devices.find('thing:agent-SN-1')).toBeUndefined();
  });

  it('leaves a registered or provisioned device as it is, unless it is registered again on purpose', async () => {
    const devices = await make();
    await devices.register(registration('SN-1'));
    expect(await devices.register(registration('SN-1', '4'))).toMatchObject({
      registered: false,
      existing: { facility: '3' },
    });
    await devices.admit(byClaim('SN-1', 'cert-1'));
    expect(await devices.register(registration('SN-1', '4'))).toMatchObject({ registered: false });
    const again = await devices.register(registration('SN-1', '4'), { again: true });
    expect(again).toEqual({ registered: true, device: { ...registration('SN-1', '4'), state: 'registered' } });
    expect(await devices.find('SN-1')).not.toHaveProperty('certificateId');
  });

  it('gives a thing to one serial number only, until that one is revoked', async () => {
    const devices = await make();
    await devices.register(registration('SN-1', '3', 'plant-3'));
    expect(await devices.register(registration('SN-2', '4', 'plant-3'))).toMatchObject({
      registered: false,
      existing: { serialNumber: 'SN-1' },
    });
    expect(await devices.register(registration('SN-2', '4', 'plant-3'), { again: true })).toMatchObject({
      registered: false,
    });
    await devices.revoke('SN-1', LATER);
    expect(await devices.register(registration('SN-2', '4', 'plant-3'))).toMatchObject({ registered: true });
    expect(await devices.register(registration('SN-1', '3', 'plant-3'))).toMatchObject({
      registered: false,
      existing: { serialNumber: 'SN-2' },
    });
  });

  it('gives a thing free when its device is registered again as another thing', async () => {
    const devices = await make();
    await devices.register(registration('SN-1', '3', 'old'));
    await devices.register(registration('SN-1', '3', 'new'), { again: true });
    expect(await devices.register(registration('SN-2', '3', 'old'))).toMatchObject({ registered: true });
    expect(await devices.register(registration('SN-3', '3', 'new'))).toMatchObject({ registered: false });
  });

  it('admits a registered device once', async () => {
    const devices = await make();
    await devices.register(registration('SN-1'));
    const device = {
      ...registration('SN-1'),
      state: 'provisioned',
      certificateId: 'cert-1',
      provisionedAt: AT,
    };
    expect(await devices.admit(byClaim('SN-1', 'cert-1'))).toEqual({ admitted: true, device });
    expect(await devices.find('SN-1')).toEqual(device);
    expect(await devices.admit(byClaim('SN-1', 'cert-2'))).toEqual({ admitted: false, reason: 'already-provisioned' });
    expect(await devices.find('SN-1')).toEqual(device);
  });

  it('gives the same answer to the same request, whose first answer may have been lost', async () => {
    const devices = await make();
    await devices.register(registration('SN-1'));
    const first = await devices.admit(byClaim('SN-1', 'cert-1'));
    expect(await devices.admit({ ...byClaim('SN-1', 'cert-1'), at: LATER })).toEqual(first);
  });

  it('refuses a serial number that is not on the list, and one that is revoked', async () => {
    const devices = await make();
    expect(await devices.admit(byClaim('SN-9', 'cert-1'))).toEqual({ admitted: false, reason: 'not-registered' });
    await devices.register(registration('SN-1'));
    await devices.admit(byClaim('SN-1', 'cert-1'));
    await devices.revoke('SN-1', LATER);
    for (const request of [byClaim('SN-1', 'cert-1'), byClaim('SN-1', 'cert-2'), byDevice('SN-1', 'cert-2', 'cert-1')])
      expect(await devices.admit(request)).toEqual({ admitted: false, reason: 'revoked' });
  });

  it('replaces a certificate over the connection of its holder, and of nobody else', async () => {
    const devices = await make();
    for (const serial of ['SN-1', 'SN-2']) {
      await devices.register(registration(serial));
      await devices.admit(byClaim(serial, `${serial}-cert`));
    }
    const stranger = { ...byDevice('SN-1', 'new', 'SN-2-cert'), clientId: 'agent-SN-2' };
    expect(await devices.admit(stranger)).toEqual({ admitted: false, reason: 'not-its-own-certificate' });
    const own = await devices.admit(byDevice('SN-1', 'new', 'SN-1-cert'));
    expect(own).toMatchObject({
      admitted: true,
      device: { certificateId: 'new', replacedCertificateId: 'SN-1-cert', provisionedAt: LATER },
    });
    // The old certificate's second wish: the new one is the device's now.
    expect(await devices.admit(byDevice('SN-1', 'new', 'SN-1-cert'))).toEqual(own);
  });

  it('lets a replacement that was broken off begin anew with the certificate that was to be replaced', async () => {
    const devices = await make();
    await devices.register(registration('SN-1'));
    await devices.admit(byClaim('SN-1', 'first'));
    await devices.admit(byDevice('SN-1', 'lost', 'first'));
    expect(await devices.admit(byDevice('SN-1', 'second', 'first'))).toMatchObject({
      admitted: true,
      device: { certificateId: 'second', replacedCertificateId: 'first' },
    });
    expect(await devices.admit(byDevice('SN-1', 'third', 'lost'))).toMatchObject({ admitted: false });
  });

  it('does not let a device in over the connection of another one that is on the list', async () => {
    const devices = await make();
    await devices.register(registration('SN-1', '3'));
    await devices.admit(byClaim('SN-1', 'cert-1'));
    await devices.register(registration('SN-2', '4'));
    const asOther = { ...byDevice('SN-2', 'cert-2', 'cert-1'), clientId: 'agent-SN-1' };
    expect(await devices.admit(asOther)).toEqual({ admitted: false, reason: 'not-its-own-certificate' });
    expect(await devices.admit(byClaim('SN-2', 'cert-2'))).toMatchObject({ admitted: true });
  });

  it('lets exactly one of many certificates win that are asked for at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 4 }), async (count) => {
        const devices = await make();
        await devices.register(registration('SN-1'));
        const answers = await Promise.all(
          Array.from({ length: count }, (_, i) => devices.admit(byClaim('SN-1', `cert-${i}`))),
        );
        const admitted = answers.filter((answer) => answer.admitted);
        expect(admitted).toHaveLength(1);
        expect((await devices.find('SN-1'))?.certificateId).toBe(admitted[0]!.device.certificateId);
      }),
      { numRuns: 5 },
    );
  });

  it('gives a thing to exactly one of many serial numbers that are registered at the same time', async () => {
    const devices = await make();
    const results = await Promise.all(
      ['SN-1', 'SN-2', 'SN-3'].map((serial) =>
        devices.register(registration(serial, '3', 'plant')).catch((error: unknown) => {
          if (error instanceof DeviceBusyError) return { registered: false };
          throw error;
        }),
      ),
    );
    expect(results.filter(({ registered }) => registered)).toHaveLength(1);
    expect(await devices.list()).toHaveLength(1);
  });

  it('lists devices by serial number, all or those of a facility', async () => {
    const devices = await make();
    for (const [serial, facility] of [
      ['SN-2', '3'],
      ['SN-3', '33'],
      ['SN-1', '3'],
    ] as const)
      await devices.register(registration(serial, facility));
    expect((await devices.list()).map(({ serialNumber }) => serialNumber)).toEqual(['SN-1', 'SN-2', 'SN-3']);
    expect((await devices.ofFacility('3')).map(({ serialNumber }) => serialNumber)).toEqual(['SN-1', 'SN-2']);
    expect(await devices.ofFacility('4')).toEqual([]);
  });

  it('revokes a device for good, also twice, and knows when there is none to revoke', async () => {
    const devices = await make();
    await devices.register(registration('SN-1'));
    const revoked = await devices.revoke('SN-1', LATER);
    expect(revoked).toEqual({ ...registration('SN-1'), state: 'revoked', revokedAt: LATER });
    expect(await devices.revoke('SN-1', '2026-01-01T00:00:00.000Z')).toEqual(revoked);
    expect(await devices.revoke('SN-9', LATER)).toBeUndefined();
    expect(await devices.register(registration('SN-1', '4'))).toMatchObject({ registered: true });
  });
});
