import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { DeviceRegistry } from '#core/ports';
import { makeHandler } from '../../functions/admit-device/handler.ts';
import { memoryDevices } from './memory-devices.ts';

const NOW = Date.UTC(2025, 6, 1, 8);
const context = { functionName: 'admit-device', awsRequestId: 'r', getRemainingTimeInMillis: () => 5000 } as Context;

const event = (serialNumber: string, change: object = {}) => ({
  claimCertificateId: 'claim',
  certificateId: 'cert-1',
  certificatePem: '-----BEGIN CERTIFICATE-----',
  templateArn: 'arn:aws:iot:us-east-1:000000000000:provisioningtemplate/EmissionWatchEdgeAgent',
  clientId: 'claim-1',
  parameters: { SerialNumber: serialNumber },
  ...change,
});

const withRegistered = async (serialNumber: string, facility = '3', thing = 'agent-3') => {
  const devices = memoryDevices();
  const registeredAt = '2025-06-30T00:00:00.000Z';
  await devices.register({ serialNumber, facility, thing, registeredAt, registeredBy: 'somebody' });
  return { devices, handler: makeHandler({ devices, now: () => NOW }) };
};

describe('the hook of the provisioning template', () => {
  it('lets a registered device in, as the thing and for the facility that the list says', async () => {
    const { devices, handler } = await withRegistered('SN-1');
    const parameters = { SerialNumber: 'SN-1', Facility: '4', ThingName: 'another' };
    expect(await handler(event('SN-1', { parameters }), context)).toEqual({
      allowProvisioning: true,
      parameterOverrides: { ThingName: 'agent-3', Facility: '3' },
    });
    expect(await devices.find('SN-1')).toMatchObject({
      state: 'provisioned',
      certificateId: 'cert-1',
      provisionedAt: '2025-07-01T08:00:00.000Z',
    });
  });

  it('gives the same answer when AWS IoT asks twice about one certificate', async () => {
    const { handler } = await withRegistered('SN-1');
    const first = await handler(event('SN-1'), context);
    expect(await handler(event('SN-1'), context)).toEqual(first);
  });

  it.each([
    ['a serial number that is not on the list', event('SN-2')],
    ['a device that holds another certificate', event('SN-1', { certificateId: 'cert-2' })],
    ['a serial number with odd characters', event('SN-1 ')],
    ['a serial number of another kind', event('', { parameters: { SerialNumber: 1 } })],
    ['no serial number', event('', { parameters: {} })],
    ['no parameters', event('', { parameters: undefined })],
    ['no certificate', event('SN-1', { certificateId: '' })],
    ['nothing at all', undefined],
  ])('refuses %s', async (_, refused) => {
    const { handler } = await withRegistered('SN-1');
    await handler(event('SN-1'), context);
    expect(await handler(refused, context)).toEqual({ allowProvisioning: false });
  });

  it('fails when the list cannot be read: AWS IoT refuses then, and the device asks again', async () => {
    const away: Pick<DeviceRegistry, 'admit'> = { admit: () => Promise.reject(new Error('the table is away')) };
    const handler = makeHandler({ devices: away, now: () => NOW });
    await expect(handler(event('SN-1'), context)).rejects.toThrow('the table is away');
  });
});
