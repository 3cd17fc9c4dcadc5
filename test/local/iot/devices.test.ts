import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { certificateIdOf } from '../../../local/services/iot/certificates.ts';
import { type ServerIdentity, serverIdentity } from '../../../local/services/iot/key-files.ts';
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
const device = { thing: 'agent-3', facility: '3', policyName: 'device' };
const idOf = (files: { certificateFile: string }) => certificateIdOf(readFileSync(files.certificateFile, 'utf8'));
const registryWith = (identity: ServerIdentity) => openRegistry(dataDir, identity.authority);

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
    const files = await registryWith(first).register(device);
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
    const before = idOf(await registryWith(first).register(device));
    inDays(3650 - 29);
    const renewed = await serverIdentity(dataDir);
    expect(renewed.authority).not.toEqual(first.authority);
    expect(idOf(await registryWith(renewed).register(device))).not.toBe(before);
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
    const id = idOf(await registryWith(identity).register({ ...device, thingTypeName: 'edge-agent' }));
    const reopened = registryWith(identity);
    expect(reopened.identify(id)).toEqual({
      certificateId: id,
      thing: { thingName: 'agent-3', thingTypeName: 'edge-agent', attributes: { facility: '3' } },
      policies: ['device'],
    });
    expect(idOf(await reopened.register(device))).toBe(id);
  });

  it('does not know a certificate that it never gave out', async () => {
    const registry = registryWith(await serverIdentity(dataDir));
    expect(registry.identify('0'.repeat(64))).toBeUndefined();
    expect(registry.identify('constructor')).toBeUndefined();
  });

  it('does not know a deactivated certificate, and gives the thing another one', async () => {
    const registry = registryWith(await serverIdentity(dataDir));
    const id = idOf(await registry.register(device));
    expect(registry.deactivate('agent-3')).toEqual([id]);
    expect(registry.identify(id)).toBeUndefined();
    const next = idOf(await registry.register(device));
    expect(next).not.toBe(id);
    expect(registry.identify(next)?.thing.thingName).toBe('agent-3');
    expect(registry.identify(id)).toBeUndefined();
  });

  it('gives one certificate to a thing that registers many times at once', async () => {
    const registry = registryWith(await serverIdentity(dataDir));
    const ids = (await Promise.all([1, 2, 3].map(() => registry.register(device)))).map(idOf);
    expect(new Set(ids).size).toBe(1);
  });

  it('moves a thing to another facility when it registers so', async () => {
    const registry = registryWith(await serverIdentity(dataDir));
    await registry.register(device);
    const id = idOf(await registry.register({ ...device, facility: '4' }));
    expect(registry.identify(id)?.thing.attributes).toEqual({ facility: '4' });
  });

  it.each([
    [{ thing: '../escape' }, /thing name "..\/escape" is not allowed/],
    [{ thing: '' }, /thing name "" is not allowed/],
    [{ facility: '3/4' }, /facility "3\/4" is not allowed/],
    [{ facility: '#' }, /facility "#" is not allowed/],
  ])('refuses %j', async (change, message) => {
    const registry = registryWith(await serverIdentity(dataDir));
    await expect(registry.register({ ...device, ...change })).rejects.toThrow(message);
  });

  it('refuses to deactivate a thing that it does not know', async () => {
    const registry = registryWith(await serverIdentity(dataDir));
    expect(() => registry.deactivate('nobody')).toThrow('no thing named "nobody"');
  });

  it('says which file it cannot read', async () => {
    const identity = await serverIdentity(dataDir);
    writeFileSync(join(dataDir, 'registry.json'), '{"v":2}');
    expect(() => registryWith(identity)).toThrow('registry.json cannot be read');
  });
});
