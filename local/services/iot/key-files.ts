import { join } from 'node:path';
import { readIfThere, writeAtomically } from '../owned-file.ts';
import { createAuthority, issueServer, isUsable, type KeyedCertificate } from './certificates.ts';

export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export const readPair = ({ certificateFile, keyFile }: CertificateFiles): KeyedCertificate | undefined => {
  const certificate = readIfThere(certificateFile);
  const key = readIfThere(keyFile);
  return certificate !== undefined && key !== undefined ? { certificate, key } : undefined;
};

/** A pair that a power cut spoils is not usable, and replaced at the next start. */
export const writePair = (files: CertificateFiles, pair: KeyedCertificate): void => {
  writeAtomically(files.keyFile, pair.key);
  writeAtomically(files.certificateFile, pair.certificate);
};

const filesOf = (folder: string, name: string): CertificateFiles => ({
  certificateFile: join(folder, `${name}.pem`),
  keyFile: join(folder, `${name}.key`),
});

export const deviceFiles = (dataDir: string, thing: string): CertificateFiles =>
  // A colon is allowed in a thing name and not in a file name on every disk; `_.` cannot occur in a thing name.
  filesOf(join(dataDir, 'devices'), thing.replaceAll(':', '_.'));

export const claimFiles = (dataDir: string): CertificateFiles => filesOf(dataDir, 'claim');

export interface ServerIdentity {
  readonly authority: KeyedCertificate;
  readonly server: KeyedCertificate;
  /** What a device must trust. */
  readonly caFile: string;
}

/** The CA and server certificate kept in `dataDir`; made when absent, replaced when near expiry or broken. */
export const serverIdentity = async (dataDir: string): Promise<ServerIdentity> => {
  const caFiles = filesOf(dataDir, 'ca');
  const serverFiles = filesOf(dataDir, 'server');
  let authority = readPair(caFiles);
  if (!authority || !isUsable(authority)) {
    authority = await createAuthority();
    writePair(caFiles, authority);
  }
  let server = readPair(serverFiles);
  if (!server || !isUsable(server, authority)) {
    server = await issueServer(authority);
    writePair(serverFiles, server);
  }
  return { authority, server, caFile: caFiles.certificateFile };
};
