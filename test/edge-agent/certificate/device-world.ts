import { randomUUID } from 'node:crypto';
import type { Identity } from '../../../edge-agent/certificate/identity.ts';
import { CloudRefusal, type Control, type Credentials } from '../../../edge-agent/uplink/control.ts';
import { createAuthority, type KeyedCertificate } from '../../../local/services/iot/certificates.ts';
import { sign } from '../sign.ts';

let authority: Promise<KeyedCertificate> | undefined;
const authorityOnce = () => {
  authority ??= createAuthority();
  return authority;
};

/** Lost: it was done, and no answer came. Crash: the process ended, before or after it was done: nothing goes on. */
export type Fate = 'lost' | 'refused' | 'crash before' | 'crash after' | undefined;

/**
 * AWS IoT as a device sees it, in memory: which certificates are in force, and a hook with an allow-list of one device.
 * `fate` decides what happens to the n-th step (from 1): a request, or a connection.
 */
export const deviceWorld = () => {
  const world = {
    fate: (_step: string, _count: number): Fate => undefined,
    inForce: new Set<string>(),
    /** As the allow-list has it: the certificate that was registered last. */
    latest: undefined as string | undefined,
    /** A registration is admitted only from here. */
    connectedWith: 'claim',
    tokensExpired: false,
    csrs: [] as string[],
    steps: [] as string[],
    jobs: [] as string[],
    /** Resolves when a process has crashed. */
    crashed: new Promise<'crashed'>(() => {}),
  };
  let crash = (_: 'crashed') => {};
  const expectCrash = () => {
    world.crashed = new Promise((resolve) => (crash = resolve));
  };
  expectCrash();
  const end = () => {
    crash('crashed');
    return new Promise<never>(() => {});
  };
  const tokens = new Map<string, string>();
  let count = 0;

  const step = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const fate = world.fate(name, ++count);
    world.steps.push(name);
    if (fate === 'crash before') return end();
    if (fate === 'refused') throw new CloudRefusal('AccessDenied', `${name} refused`);
    const result = await work();
    if (fate === 'crash after') return end();
    if (fate === 'lost') throw new Error('no answer');
    return result;
  };

  const identity: Identity = {
    createFromCsr: (csr) =>
      step('create', async () => {
        world.csrs.push(csr);
        const certificate = await sign(await authorityOnce(), csr);
        const ownershipToken = randomUUID();
        tokens.set(ownershipToken, certificate);
        return { certificate, ownershipToken };
      }),
    register: (token) =>
      step('register', () => {
        const certificate = tokens.get(token);
        if (certificate === undefined || world.tokensExpired)
          throw new CloudRefusal('InvalidCertificateOwnershipToken', 'the token is not valid');
        if (certificate !== world.latest && world.connectedWith !== (world.latest ?? 'claim'))
          throw new CloudRefusal('AccessDenied', 'the hook does not allow it');
        world.latest = certificate;
        world.inForce.add(certificate);
        return { thing: 'edge-1', facility: 'F1', ruleName: 'ingest' };
      }),
  };

  /** A process with this pair in use; a connection of its own. */
  const connect = ({ certificate }: Credentials): Control => {
    if (!world.inForce.has(certificate)) throw new Error('the certificate in use cannot connect');
    world.connectedWith = certificate;
    const silent = () => {};
    return {
      isConnected: () => true,
      onConnected: silent,
      onJobs: silent,
      onCommand: silent,
      report: async () => {},
      nextJob: async () => undefined,
      updateJob: (_, status) =>
        step(status, () => {
          world.jobs.push(status);
          // Done: the operator's command puts the other certificates out of force.
          if (status === 'SUCCEEDED')
            for (const one of world.inForce) if (one !== world.connectedWith) world.inForce.delete(one);
        }),
      identity,
      reconnectWith: (next, proof) =>
        step('reconnect', async () => {
          const before = world.connectedWith;
          if (!world.inForce.has(next.certificate)) throw new Error('no connection with the new certificate: refused');
          world.connectedWith = next.certificate;
          await proof().catch((error: unknown) => {
            world.connectedWith = before;
            throw error;
          });
        }),
    };
  };
  return { world, identity, connect };
};
