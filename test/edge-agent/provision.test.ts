import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCredentials, readProvisioned } from '../../edge-agent/certificate/device-files.ts';
import { readConfig } from '../../edge-agent/config.ts';
import { provision } from '../../edge-agent/provision.ts';
import { startAgentProcess } from './agent-process.ts';
import { deviceWorld } from './certificate/device-world.ts';
import { startDeviceCloud } from './device-cloud.ts';
import { csvOf } from './epa-data.ts';
import { eventList, fakeClock } from './fakes.ts';
import { replayPlan } from './replay-plan.ts';
import { temporaryFolder } from './temporary.ts';

const newDevice = () => {
  const folder = temporaryFolder();
  const paths = { certificateFile: join(folder, 'agent.pem'), keyFile: join(folder, 'agent.key') };
  const { world, identity } = deviceWorld();
  const { events, report } = eventList();
  let connections = 0;
  const run = (change: { serialNumber?: string; facility?: string; thing?: string; again?: boolean } = {}) =>
    provision({
      paths,
      serialNumber: 'SN-1',
      facility: undefined,
      thing: undefined,
      again: false,
      identity: async () => {
        connections++;
        return { ...identity, async close() {} };
      },
      clock: fakeClock(0),
      random: () => 0,
      report,
      ...change,
    });
  return { folder, paths, world, events, run, connections: () => connections };
};

describe('provisioning a device', () => {
  it('ends with a certificate for the key made here, and says which thing and facility it is', async () => {
    const { folder, paths, world, events, run } = newDevice();
    await run();
    const { certificate, key } = readCredentials(paths)!;
    expect(world.inForce).toEqual(new Set([certificate]));
    expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(readProvisioned(paths)).toEqual({
      v: 1,
      serialNumber: 'SN-1',
      thing: 'edge-1',
      facility: 'F1',
      ruleName: 'ingest',
    });
    expect(events).toEqual([
      {
        event: 'provisioned',
        facility: 'F1',
        thing: 'edge-1',
        serialNumber: 'SN-1',
        certificateFile: paths.certificateFile,
      },
    ]);
    expect(readdirSync(folder).sort()).toEqual(['agent.identity.json', 'agent.key', 'agent.pem']);
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('of one that is provisioned asks nobody, and changes nothing', async () => {
    const { paths, events, run, connections } = newDevice();
    await run();
    const before = readCredentials(paths);
    await run();
    expect(connections()).toBe(1);
    expect(readCredentials(paths)).toEqual(before);
    expect(events.at(-1)).toMatchObject({ event: 'already-provisioned', thing: 'edge-1' });
  });

  it('asks again with the same key and token when an answer is lost', async () => {
    const { world, paths, run } = newDevice();
    let lost = 0;
    world.fate = () => (lost++ % 2 === 0 ? 'lost' : undefined);
    await run();
    expect(world.steps).toEqual(['create', 'create', 'register', 'register']);
    expect(world.inForce).toEqual(new Set([readCredentials(paths)!.certificate]));
  });

  it('goes on where it was cut off, at whatever step', async () => {
    for (const step of ['create', 'register'])
      for (const fate of ['crash before', 'crash after'] as const) {
        const { world, paths, run } = newDevice();
        world.fate = (name) => (name === step ? fate : undefined);
        await Promise.race([run(), world.crashed]);
        world.fate = () => undefined;
        await run();
        // The hook would not have admitted a second certificate.
        expect(world.inForce).toEqual(new Set([readCredentials(paths)!.certificate]));
      }
  });

  it('says what to do when the device is refused, leaves nothing in place, and may be tried again', async () => {
    const { world, paths, run } = newDevice();
    world.fate = (name) => (name === 'register' ? 'refused' : undefined);
    await expect(run()).rejects.toThrow(/serial number SN-1 was refused \(.*ew device register/);
    expect(readCredentials(paths)).toBeUndefined();
    expect(readProvisioned(paths)).toBeUndefined();
    world.fate = () => undefined;
    await run();
    expect(readCredentials(paths)).toBeDefined();
  });

  it('says so when the allow-list and the configuration name different facilities', async () => {
    const { run, connections } = newDevice();
    await expect(run({ facility: 'F2' })).rejects.toThrow(
      'the certificate was fetched and is kept, but serial number SN-1 is registered for facility F1, and the ' +
        'configuration says F2: correct facility there, or leave it out; there is nothing to provision again',
    );
    await run({ facility: 'F1' });
    expect(connections()).toBe(1);
  });

  it('again, for a device that was registered again: the pair it had is kept beside the new one', async () => {
    const { folder, paths, world, events, run } = newDevice();
    await run();
    const before = readCredentials(paths)!;
    await run();
    expect(events.at(-1)).toMatchObject({ hint: expect.stringContaining('edge provision --again') });
    world.latest = undefined;
    await run({ again: true });
    const after = readCredentials(paths)!;
    expect([...world.inForce]).toContain(after.certificate);
    expect(after.certificate).not.toBe(before.certificate);
    expect(readFileSync(join(folder, 'agent.pem.old'), 'utf8')).toBe(before.certificate);
    expect(readFileSync(join(folder, 'agent.key.old'), 'utf8')).toBe(before.key);
    expect(statSync(join(folder, 'agent.key.old')).mode & 0o777).toBe(0o600);
  });

  it('again leaves the pair in place as long as the cloud says no, and needs no pair to be there', async () => {
    const { world, paths, run } = newDevice();
    await run();
    const before = readCredentials(paths);
    world.fate = (name) => (name === 'register' ? 'refused' : undefined);
    await expect(run({ again: true })).rejects.toThrow(/SN-1 was refused .*ew device register \(--again\)/);
    expect(readCredentials(paths)).toEqual(before);
    world.fate = () => undefined;
    world.latest = undefined;
    rmSync(paths.keyFile);
    await run({ again: true });
    expect(readCredentials(paths)).toBeDefined();
  });

  it('says so when the files are of another device, or half of them is gone', async () => {
    const { paths, run } = newDevice();
    await run();
    await expect(run({ serialNumber: 'SN-2' })).rejects.toThrow(/is of serial number SN-1, got SN-2/);
    rmSync(paths.keyFile);
    await expect(run()).rejects.toThrow(/certificate or key is not; restore them, or have .* --again/);
  });
});

const setUpProcess = async () => {
  const cloud = await startDeviceCloud();
  onTestFinished(() => cloud.stop());
  cloud.addDevice('SN-1', 'edge-7953', '7953');
  const folder = temporaryFolder();
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  file('ca.pem', cloud.authority.certificate);
  file('claim.pem', cloud.claim.certificate);
  file('claim.key', cloud.claim.key);
  file('plan.json', JSON.stringify(replayPlan(7953, ['CT1'])));
  file('hours.csv', csvOf([{ date: '01-23-2018', hour: 1, time: '1' }]));
  const config = file(
    'agent.json',
    JSON.stringify({
      serialNumber: 'SN-1',
      claim: { certificateFile: 'claim.pem', keyFile: 'claim.key' },
      endpoint: { host: '127.0.0.1', port: cloud.broker.port, caFile: 'ca.pem' },
      certificateFile: 'device/agent.pem',
      keyFile: 'device/agent.key',
      bufferFolder: 'buffer',
      planFile: 'plan.json',
      flowControl: 'none',
      exitWhenDone: true,
      source: { kind: 'replay', files: ['hours.csv'] },
    }),
  );
  return { cloud, folder, config };
};

describe('edge provision, as a process over mutual TLS', () => {
  it('connects as claim-SERIAL with the claim certificate, and the agent then runs with what was answered', {
    timeout: 60_000,
  }, async () => {
    const { cloud, folder, config } = await setUpProcess();
    await expect(readConfig(config)).rejects.toThrow(/facility: give it, or provision the device first/);

    const { code, events, errors, text } = await startAgentProcess(['provision', '--config', config]).ended;
    expect([errors, code]).toEqual(['', 0]);
    expect(events).toMatchObject([{ event: 'provisioned', facility: '7953', thing: 'edge-7953' }]);
    expect(cloud.broker.connected).toEqual([{ certificateId: cloud.claimId, clientId: 'claim-SN-1' }]);
    const key = readFileSync(join(folder, 'device/agent.key'), 'utf8');
    expect(cloud.publicKeyOf(readFileSync(join(folder, 'device/agent.pem'), 'utf8'))).toBe(
      createPublicKey(key).export({ type: 'spki', format: 'pem' }),
    );
    const secret = key.split('\n')[1]!;
    expect(text.includes(secret) || cloud.csrs.some((csr) => csr.includes(secret))).toBe(false);

    const again = await startAgentProcess(['provision', '--config', config]).ended;
    expect([again.code, again.events[0]?.event]).toEqual([0, 'already-provisioned']);

    const { code: ran } = await startAgentProcess(['run', '--config', config]).ended;
    expect(ran).toBe(0);
    expect(cloud.broker.received[0]!.topic).toBe('$aws/rules/ingest/emissionwatch/v1/7953/edge-7953/minutes');
  });

  it('ends with 1 and says what to do when the serial number is not on the allow-list', async () => {
    const { cloud, config } = await setUpProcess();
    cloud.devices.clear();
    const { code, errors } = await startAgentProcess(['provision', '--config', config]).ended;
    expect(code).toBe(1);
    expect(errors).toMatch(/serial number SN-1 was refused \(AccessDenied: .*ew device register/);
  });

  it('explains itself, and says which of its inputs is missing', async () => {
    const { config, folder } = await setUpProcess();
    expect((await startAgentProcess(['provision', '--help']).ended).text).toMatch(/--claim-certificate FILE/);
    expect(await startAgentProcess(['provision', '--config', config, '--serial', 'SN-9']).ended).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/expected one serial number: --serial says SN-9, and .*agent\.json says SN-1/),
    });
    expect(await startAgentProcess(['provision']).ended).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/expected --config FILE/),
    });
    rmSync(join(folder, 'claim.key'));
    expect(await startAgentProcess(['provision', '--config', config]).ended).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/cannot read --claim-key .*claim\.key: ENOENT/),
    });
    expect(await startAgentProcess(['provisoin']).ended).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/expected run, provision, simulate, got provisoin/),
    });
  });
});
