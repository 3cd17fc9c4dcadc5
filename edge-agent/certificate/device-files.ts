import { createPrivateKey, X509Certificate } from 'node:crypto';
import { rmSync } from 'node:fs';
import * as z from 'zod';
import { SERIAL_NUMBER, THING_NAME } from '#core/contracts/device';
import { FACILITY_NAME } from '#core/contracts/measurement-message';
import type { Credentials } from '../uplink/control.ts';
import { readIfThere, replaceFile, writeSecretly } from './atomic-file.ts';
import type { Issued } from './identity.ts';
import { newPrivateKey } from './signing-request.ts';

/** Where a device keeps its certificate and key. */
export interface DevicePaths {
  readonly certificateFile: string;
  readonly keyFile: string;
}

const provisioned = z.strictObject({
  v: z.literal(1),
  serialNumber: z.string().regex(SERIAL_NUMBER),
  thing: z.string().regex(THING_NAME),
  facility: z.string().regex(FACILITY_NAME),
  /** The topic rule that takes the minutes. */
  ruleName: z.string().optional(),
  /** The job that the certificate was fetched for; left out for the first one. */
  job: z.string().optional(),
});

/** What provisioning has answered. */
export type Provisioned = z.infer<typeof provisioned>;

/** A certificate on its way, and what will be known with it. */
const pending = z.strictObject({
  certificate: z.string(),
  ownershipToken: z.string(),
  /** Set when it is registered and about to be taken into use. */
  becomes: provisioned.optional(),
});
type Pending = z.infer<typeof pending>;

/** `agent.pem` has its `agent.identity.json` beside it. */
export const identityFileOf = ({ certificateFile }: DevicePaths): string =>
  `${certificateFile.replace(/\.(pem|crt|cert|cer)$/, '')}.identity.json`;

/** The next pair lies beside the one in use until it has proved to work. */
const nextKeyFile = ({ keyFile }: DevicePaths) => `${keyFile}.next`;
const pendingFile = ({ certificateFile }: DevicePaths) => `${certificateFile}.next.json`;

const readJson = <T>(file: string, contract: z.ZodType<T>): T | undefined => {
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return contract.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file} cannot be used; provision the agent again, or restore the file`, { cause });
  }
};

/** What is known of this device; undefined before it is provisioned. */
export const readProvisioned = (paths: DevicePaths): Provisioned | undefined =>
  readJson(identityFileOf(paths), provisioned);

/** The pair in use; undefined when a file is missing. */
export const readCredentials = ({ certificateFile, keyFile }: DevicePaths): Credentials | undefined => {
  const certificate = readIfThere(certificateFile);
  const key = readIfThere(keyFile);
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
};

const belongTogether = (certificate: string, key: string | undefined): boolean =>
  key !== undefined && new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));

/** The key of the next certificate: made once, and used until a certificate for it is in use or refused. */
export const nextKey = (paths: DevicePaths): string => {
  const kept = readIfThere(nextKeyFile(paths));
  if (kept !== undefined) return kept;
  const key = newPrivateKey();
  writeSecretly(nextKeyFile(paths), key);
  return key;
};

export interface NextCredentials extends Credentials {
  readonly ownershipToken: string;
}

/** The next pair, when its certificate has been issued. */
export const readNext = (paths: DevicePaths): NextCredentials | undefined => {
  const next = readJson(pendingFile(paths), pending);
  const key = readIfThere(nextKeyFile(paths));
  if (!next || key === undefined) return undefined;
  return { certificate: next.certificate, ownershipToken: next.ownershipToken, key };
};

const writePending = (paths: DevicePaths, next: Pending) => writeSecretly(pendingFile(paths), JSON.stringify(next));

export const writeNext = (paths: DevicePaths, { certificate, ownershipToken }: Issued): void =>
  writePending(paths, { certificate, ownershipToken });

/** Forgets the next pair; the one in use stays. */
export const discardNext = (paths: DevicePaths): void => {
  rmSync(pendingFile(paths), { force: true });
  rmSync(nextKeyFile(paths), { force: true });
};

/**
 * Puts the next pair in the place of the one in use. Key and certificate are two files and cannot change in one step:
 * whatever this leaves undone, `finishTakeover` does at the next start.
 */
export const takeIntoUse = (paths: DevicePaths, becomes: Provisioned): void => {
  const next = readNext(paths);
  if (!next) throw new Error(`there is no certificate beside ${paths.certificateFile} to take into use`);
  writePending(paths, { certificate: next.certificate, ownershipToken: next.ownershipToken, becomes });
  finishTakeover(paths);
};

/** Keeps a copy of what is in place, the pair as well as the answer, beside it; all of it may be missing. */
export const keepOld = (paths: DevicePaths): void => {
  for (const file of [paths.certificateFile, paths.keyFile, identityFileOf(paths)]) {
    const content = readIfThere(file);
    if (content !== undefined) writeSecretly(`${file}.old`, content);
  }
};

/** Ends a takeover that was interrupted. To be called before the pair is read. */
export const finishTakeover = (paths: DevicePaths): void => {
  const next = readJson(pendingFile(paths), pending);
  if (!next?.becomes) return;
  const { certificate, becomes } = next;
  if (belongTogether(certificate, readIfThere(nextKeyFile(paths)))) replaceFile(nextKeyFile(paths), paths.keyFile);
  if (!belongTogether(certificate, readIfThere(paths.keyFile)))
    throw new Error(`the key of the certificate in ${pendingFile(paths)} is gone; provision the agent again`);
  writeSecretly(paths.certificateFile, certificate);
  writeSecretly(identityFileOf(paths), JSON.stringify(becomes, null, 2));
  rmSync(pendingFile(paths), { force: true });
};
