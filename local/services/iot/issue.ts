import { certificateIdOf, issueDevice, isUsable, type KeyedCertificate } from './certificates.ts';
import { type CertificateFiles, readPair, writePair } from './key-files.ts';
import type { DeviceRegistry } from './registry.ts';

export interface IssueOptions {
  readonly registry: DeviceRegistry;
  readonly authority: KeyedCertificate;
  readonly files: CertificateFiles;
  readonly commonName: string;
  readonly policyName: string;
  /** @default none: a claim certificate */
  readonly thing?: string;
}

/**
 * An active certificate with its policy, in files: the kept one while it is good, else a new one. An older one stays
 * active until it expires, because a running device holds it until it is started again.
 */
export const issueToFiles = async (options: IssueOptions): Promise<CertificateFiles> => {
  const { registry, authority, files, commonName, policyName, thing } = options;
  const kept = readPair(files);
  const known = kept && isUsable(kept, authority) ? registry.certificate(certificateIdOf(kept.certificate)) : undefined;
  const good = known?.status === 'ACTIVE' && known.thing === thing;
  const pair = good ? kept! : await issueDevice(authority, commonName);
  if (!good) writePair(files, pair);
  const id = registry.addCertificate(pair.certificate, 'ACTIVE');
  registry.changeCertificate(id, { policies: [policyName], ...(thing !== undefined && { thing }) });
  return files;
};
