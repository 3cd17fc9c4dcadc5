import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  finishTakeover,
  readCredentials,
  readNext,
  readProvisioned,
  takeIntoUse,
} from '../../../edge-agent/certificate/device-files.ts';
import { obtain } from '../../../edge-agent/certificate/obtain.ts';
import { rotate } from '../../../edge-agent/certificate/rotate.ts';
import { fakeClock } from '../fakes.ts';
import { temporaryFolder } from '../temporary.ts';
import { deviceWorld, type Fate } from './device-world.ts';

const device = { thing: 'edge-1', facility: 'F1', ruleName: 'ingest' };

/** A provisioned device; `start` gives what a process of it does when there is a rotation job. */
const provisionedDevice = async () => {
  const folder = temporaryFolder();
  const paths = { certificateFile: join(folder, 'agent.pem'), keyFile: join(folder, 'agent.key') };
  const { world, identity, connect } = deviceWorld();
  const common = { paths, serialNumber: 'SN-1', clock: fakeClock(0), random: () => 0 };
  await obtain({ ...common, identity });
  takeIntoUse(paths, { ...device, v: 1, serialNumber: 'SN-1' });
  const first = readCredentials(paths)!.certificate;
  world.steps.length = 0;
  const start = () => {
    finishTakeover(paths);
    return connect(readCredentials(paths)!);
  };
  const work = async (job = 'job-1') => {
    const control = start();
    await rotate(job, { ...common, control, device });
    await control.updateJob(job, 'SUCCEEDED');
  };
  return { folder, paths, world, first, start, work, certificate: () => readCredentials(paths)!.certificate };
};

const failing = (what: string, fate: Fate, times = 1) => {
  let left = times;
  return (step: string): Fate => (step === what && left-- > 0 ? fate : undefined);
};

describe('the rotation of a certificate', () => {
  it('ends with a new key and certificate in place, the job done over the new connection, nothing left behind', async () => {
    const { folder, paths, world, first, work, certificate } = await provisionedDevice();
    const oldKey = readFileSync(paths.keyFile, 'utf8');
    await work();
    expect(world.steps).toEqual(['create', 'register', 'reconnect', 'IN_PROGRESS', 'SUCCEEDED']);
    expect(certificate()).not.toBe(first);
    expect(readFileSync(paths.keyFile, 'utf8')).not.toBe(oldKey);
    expect(world.inForce).toEqual(new Set([certificate()]));
    expect(readProvisioned(paths)).toEqual({ ...device, v: 1, serialNumber: 'SN-1', job: 'job-1' });
    expect(readdirSync(folder).sort()).toEqual(['agent.identity.json', 'agent.key', 'agent.pem']);
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('asks again with the same key and token when an answer is lost', async () => {
    const { world, work, certificate, first } = await provisionedDevice();
    let lost = 0;
    world.fate = (step) => (['create', 'register'].includes(step) && lost++ < 3 ? 'lost' : undefined);
    world.csrs.length = 0;
    await work();
    expect(new Set(world.csrs.map((csr) => deviceKey(csr))).size).toBe(1);
    expect(certificate()).not.toBe(first);
    expect(world.inForce).toEqual(new Set([certificate()]));
  });

  it.each([
    ['the request is refused', failing('create', 'refused')],
    ['the registration is refused', failing('register', 'refused')],
    ['there is no answer to the request', failing('create', 'lost', 99)],
    ['the new certificate cannot connect', failing('reconnect', 'refused')],
    ['it can connect and not be heard', failing('IN_PROGRESS', 'refused')],
  ])('stays with the old certificate when %s, and says why', async (_, fate) => {
    const { world, work, first, certificate, start } = await provisionedDevice();
    world.fate = fate;
    await expect(work()).rejects.toThrow(/refused|no answer/);
    expect(certificate()).toBe(first);
    start();
    // The next job gets there all the same.
    world.fate = () => undefined;
    await work('job-2');
    expect(certificate()).not.toBe(first);
    expect(world.inForce).toEqual(new Set([certificate()]));
  });

  it('can be cut off before and after every single step: the next start connects, and the job ends well', async () => {
    for (let at = 1; ; at++) {
      let crashed = 0;
      for (const fate of ['crash before', 'crash after'] as const) {
        const { world, work, start, first, certificate } = await provisionedDevice();
        let step = 0;
        world.fate = () => (++step === at ? fate : undefined);
        if ((await Promise.race([work(), world.crashed])) === 'crashed') crashed++;
        world.fate = () => undefined;
        start();
        await work();
        expect(certificate()).not.toBe(first);
        expect(world.inForce).toEqual(new Set([certificate()]));
      }
      if (crashed === 0) {
        // Past the last step.
        expect(at).toBeGreaterThan(4);
        return;
      }
    }
  });

  it('can be cut off while files are exchanged: the next start ends the exchange', async () => {
    const { paths, world, work, first } = await provisionedDevice();
    world.fate = failing('reconnect', 'crash before');
    await Promise.race([work(), world.crashed]);
    const next = readNext(paths)!;
    const becomes = { ...device, v: 1 as const, serialNumber: 'SN-1', job: 'job-1' };
    const pending = `${paths.certificateFile}.next.json`;
    writeFileSync(
      pending,
      JSON.stringify({ certificate: next.certificate, ownershipToken: next.ownershipToken, becomes }),
    );

    // The key is exchanged, and the certificate not yet.
    renameSync(`${paths.keyFile}.next`, paths.keyFile);
    expect(readCredentials(paths)!.certificate).toBe(first);
    finishTakeover(paths);
    expect(readCredentials(paths)).toEqual({ certificate: next.certificate, key: next.key });
    expect(readProvisioned(paths)).toEqual(becomes);

    // Again, after everything but the last step was done.
    writeFileSync(
      pending,
      JSON.stringify({ certificate: next.certificate, ownershipToken: next.ownershipToken, becomes }),
    );
    finishTakeover(paths);
    expect(readCredentials(paths)).toEqual({ certificate: next.certificate, key: next.key });
    expect(readNext(paths)).toBeUndefined();
  });

  it('takes a certificate that was registered, and whose token is too old by now', async () => {
    const { world, work, first, certificate } = await provisionedDevice();
    world.fate = failing('register', 'crash after');
    await Promise.race([work(), world.crashed]);
    const registered = world.latest;
    world.tokensExpired = true;
    await work();
    expect(certificate()).toBe(registered);
    expect(certificate()).not.toBe(first);
  });

  it('asks anew when what was left behind was never registered and its token is too old', async () => {
    const { world, work, first, certificate } = await provisionedDevice();
    world.fate = failing('register', 'crash before');
    await Promise.race([work(), world.crashed]);
    world.tokensExpired = true;
    // Only the token from before is too old.
    world.fate = (step) => {
      if (step === 'create') world.tokensExpired = false;
      return undefined;
    };
    await work();
    expect(certificate()).not.toBe(first);
    expect(world.inForce).toEqual(new Set([certificate()]));
  });

  it('says which file is broken, and stays with the old certificate', async () => {
    const { folder, work, first, certificate } = await provisionedDevice();
    writeFileSync(join(folder, 'agent.pem.next.json'), '{');
    await expect(work()).rejects.toThrow(
      new RegExp(`${basename(folder)}/agent.pem.next.json cannot be used; provision the agent again`),
    );
    expect(certificate()).toBe(first);
  });
});

const deviceKey = (csr: string) => csr.replace(/\s/g, '').slice(60, 180);
