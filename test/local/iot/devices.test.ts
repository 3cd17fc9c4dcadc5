import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { certificateIdOf, issueDevice } from '../../../local/services/iot/certificates.ts';
import { issueToFiles } from '../../../local/services/iot/issue.ts';
import { deviceFiles, type ServerIdentity, serverIdentity } from '../../../local/services/iot/key-files.ts';
import { openRegistry } from '../../../local/services/iot/registry.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'emissionwatch-devices-'));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dataDir, { recursive: true, force: true });
});

const inDays = (days: number) => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + days * 86_400_000);
};
const idOf = (files: { certificateFile: string }) => certificateIdOf(readFileSync(files.certificateFile, 'utf8'));

/** Things and certificates as a local cloud with this identity keeps them. */
const registryWith = ({ authority }: ServerIdentity) => {
  const registry = openRegistry(dataDir);
  const register = (facility = '3', thing = 'agent-3', thingTypeName?: string) => {
    registry.putThing({ thingName: thing, thingTypeName, attributes: { facility } });
    const files = deviceFiles(dataDir, thing);
    return issueToFiles({ registry, authority, files, commonName: thing, policyName: 'device', thing });
  };
  return { ...registry, register };
};

describe('the certificates of the local cloud', () => {
  it('are for localhost and 127.0.0.1, P-256, signed by its own CA', async () => {
    const { authority, server } = await serverIdentity(dataDir);
    const certificate = new X509Certificate(server.certificate);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    expect(new X509Certificate(authority.certificate).ca).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('are kept, with keys that only their owner reads', async () => {
    const first = await serverIdentity(dataDir);
    const files = await registryWith(first).register();
    expect(await serverIdentity(dataDir)).toEqual(first);
    for (const file of [join(dataDir, 'ca.key'), join(dataDir, 'server.key'), files.keyFile])
      expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('near its expiry the server certificate is renewed and the CA stays', async () => {
    const first = await serverIdentity(dataDir);
    inDays(397 - 31);
    expect((await serverIdentity(dataDir)).server).toEqual(first.server);
    inDays(2);
    const renewed = await serverIdentity(dataDir);
    expect(renewed.server).not.toEqual(first.server);
    expect(renewed.authority).toEqual(first.authority);
  });

  it('near its expiry the CA is renewed, and what it had signed with it', async () => {
    const first = await serverIdentity(dataDir);
    const before = idOf(await registryWith(first).register());
    inDays(3650 - 29);
    const renewed = await serverIdentity(dataDir);
    expect(renewed.authority).not.toEqual(first.authority);
    expect(idOf(await registryWith(renewed).register())).not.toBe(before);
  });

  it('cut short on disk are made again', async () => {
    const first = await serverIdentity(dataDir);
    writeFileSync(join(dataDir, 'server.pem'), first.server.certificate.slice(0, 100));
    expect((await serverIdentity(dataDir)).server).not.toEqual(first.server);
  });
});

describe('the device registry', () => {
  it('knows a device by its certificate, also after a restart, and gives it the same certificate again', async () => {
    const identity = await serverIdentity(dataDir);
    const id = idOf(await registryWith(identity).register('3', 'agent-3', 'edge-agent'));
    const reopened = registryWith(identity);
    expect(reopened.identify(id)).toEqual({
      certificateId: id,
      thing: { thingName: 'agent-3', thingTypeName: 'edge-agent', attributes: { facility: '3' }, version: 1 },
      policies: ['device'],
    });
    expect(idOf(await reopened.register('3', 'agent-3', 'edge-agent'))).toBe(id);
  });

  it('does not know a certificate that it never gave out', async () => {
    const registry = registryWith(await serverIdentity(dataDir));
    expect(registry.identify('0'.repeat(64))).toBeUndefined();
    expect(registry.identify('constructor')).toBeUndefined();
  });

  it.each(['INACTIVE', 'REVOKED', 'PENDING_ACTIVATION'] as const)(
    'does not know a certificate that is %s, and gives the thing another one',
    async (status) => {
      const registry = registryWith(await serverIdentity(dataDir));
      const id = idOf(await registry.register());
      registry.changeCertificate(id, { status });
      expect(registry.identify(id)).toBeUndefined();
      const next = idOf(await registry.register());
      expect(next).not.toBe(id);
      expect(registry.identify(next)?.thing?.thingName).toBe('agent-3');
      expect(registry.identify(id)).toBeUndefined();
      expect(registry.certificatesOf('agent-3').toSorted()).toEqual([id, next].toSorted());
    },
  );

  it('forgets a certificate that was not taken into use in time, and no other', async () => {
    const identity = await serverIdentity(dataDir);
    const registry = registryWith(identity);
    const used = idOf(await registry.register());
    const pending = registry.addCertificate(
      (await issueDevice(identity.authority, 'x')).certificate,
      'PENDING_ACTIVATION',
    );
    registry.expirePending(Date.now() - 60_000);
    expect(registry.certificate(pending)?.status).toBe('PENDING_ACTIVATION');
    registry.expirePending(Date.now() + 60_000);
    expect(registry.certificate(pending)).toBeUndefined();
    expect(registry.certificate(used)?.status).toBe('ACTIVE');
  });

  it('moves a thing to another facility when it is changed so', async () => {
    const registry = registryWith(await serverIdentity(dataDir));
    await registry.register('3');
    const id = idOf(await registry.register('4'));
    expect(registry.identify(id)?.thing).toMatchObject({ attributes: { facility: '4' }, version: 2 });
  });

  it.each([
    ['3', '../escape', /thing name "..\/escape" is not allowed/],
    ['3', '', /thing name "" is not allowed/],
    ['3/4', 'agent-3', /facility "3\/4" is not allowed/],
    ['#', 'agent-3', /facility "#" is not allowed/],
    ['+', 'agent-3', /facility "\+" is not allowed/],
    ['*', 'agent-3', /facility "\*" is not allowed/],
    ['3\u0000', 'agent-3', /is not allowed/],
    [`\${iot:ClientId}`, 'agent-3', /is not allowed/],
  ])('refuses facility %j of thing %j', async (facility, thing, message) => {
    const registry = registryWith(await serverIdentity(dataDir));
    expect(() => registry.register(facility, thing)).toThrow(message);
  });

  it('says which file it cannot read', async () => {
    const identity = await serverIdentity(dataDir);
    writeFileSync(join(dataDir, 'registry.json'), '{"v":1}');
    expect(() => registryWith(identity)).toThrow('registry.json cannot be read');
  });
});
