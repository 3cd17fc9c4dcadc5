import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  type DevicePaths,
  finishTakeover,
  identityFileOf,
  keepOld,
  type Provisioned,
  readCredentials,
  readProvisioned,
  takeIntoUse,
} from './certificate/device-files.ts';
import type { Identity } from './certificate/identity.ts';
import { isBegun, type Obtaining, obtain, obtainAfresh } from './certificate/obtain.ts';
import type { Clock } from './clock.ts';
import type { Report } from './events.ts';
import { CloudRefusal } from './uplink/control.ts';

export interface Provisioning {
  readonly paths: DevicePaths;
  readonly serialNumber: string;
  /** What the configuration expects; undefined: whatever the allow-list says. */
  readonly facility: string | undefined;
  readonly thing: string | undefined;
  /** Also when it is provisioned: what is in place is set aside once the new certificate is there. */
  readonly again: boolean;
  /** Asked only when there is something to ask. */
  readonly identity: () => Promise<Identity & { close(): Promise<void> }>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly report: Report;
}

/** Provisioned, with the pair in place. */
const inPlace = (paths: DevicePaths): Provisioned | undefined => {
  const known = readProvisioned(paths);
  if (!known) return undefined;
  const pair = readCredentials(paths);
  if (pair && new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key))) return known;
  throw new Error(
    `${identityFileOf(paths)} is there, and its certificate or key is not; restore them, or have serial number ` +
      `${known.serialNumber} registered again (ew device register --again) and provision with --again`,
  );
};

const whenRefused = (error: unknown, serialNumber: string): unknown =>
  error instanceof CloudRefusal
    ? new Error(
        `serial number ${serialNumber} was refused (${error.message}); it has to be on the allow-list and not be ` +
          `provisioned yet: ew device list shows its state, ew device register (--again) lets it provision`,
        { cause: error },
      )
    : error;

/**
 * Gets a device its own certificate: the key is made here and stays here, the certificate comes for a signing request,
 * thing and facility from the allow-list. Done before, it says so, unless another certificate is wanted (`again`). An interrupted one goes on with the same key.
 *
 * @throws Error with what to do when the cloud refuses, or knows the device by another name than the configuration
 */
export const provision = async (provisioning: Provisioning): Promise<void> => {
  const { paths, serialNumber, again, identity, report } = provisioning;
  finishTakeover(paths);
  const known = again ? undefined : inPlace(paths);
  if (known) {
    if (known.serialNumber !== serialNumber)
      throw new Error(`${identityFileOf(paths)} is of serial number ${known.serialNumber}, got ${serialNumber}`);
    say('already-provisioned', known, paths, report);
    return;
  }
  const service = await identity();
  try {
    const registered = await obtainAnyhow({ ...provisioning, identity: service });
    if (registered.facility === undefined)
      throw new Error('the provisioning template does not tell the facility; deploy the current version first');
    const { thing, facility, ruleName } = registered;
    const becomes: Provisioned = {
      v: 1,
      serialNumber,
      thing,
      facility,
      ...(ruleName === undefined ? {} : { ruleName }),
    };
    if (again) keepOld(paths);
    takeIntoUse(paths, becomes);
    say('provisioned', becomes, paths, report);
    checkNames(provisioning, becomes);
  } finally {
    await service.close();
  }
};

const obtainAnyhow = async (obtaining: Obtaining) => {
  const { paths, serialNumber } = obtaining;
  const begun = isBegun(paths);
  try {
    return await obtain(obtaining);
  } catch (error) {
    // What an earlier attempt has left may be too old, and a new request good.
    if (!begun || !(error instanceof CloudRefusal)) throw whenRefused(error, serialNumber);
    return await obtainAfresh(obtaining).catch((again: unknown) => {
      throw whenRefused(again, serialNumber);
    });
  }
};

const checkNames = (
  expected: Pick<Provisioning, 'facility' | 'thing'>,
  { facility, thing, serialNumber }: Provisioned,
) => {
  for (const [name, wanted, got] of [
    ['facility', expected.facility, facility],
    ['thing', expected.thing, thing],
  ] as const)
    if (wanted !== undefined && wanted !== got)
      throw new Error(
        `the certificate was fetched and is kept, but serial number ${serialNumber} is registered for ${name} ${got}, ` +
          `and the configuration says ${wanted}: correct ${name} there, or leave it out; there is nothing to provision again`,
      );
};

const say = (
  event: 'provisioned' | 'already-provisioned',
  { facility, thing, serialNumber }: Provisioned,
  { certificateFile }: DevicePaths,
  report: Report,
) =>
  report({
    event,
    facility,
    thing,
    serialNumber,
    certificateFile,
    ...(event === 'already-provisioned' && {
      hint: 'for another certificate: ew device register --again, then edge provision --again',
    }),
  });
