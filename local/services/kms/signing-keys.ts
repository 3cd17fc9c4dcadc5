import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../owned-file.ts';

/** A key of a template. */
export interface KeyDefinition {
  readonly arn: string;
  readonly keyId: string;
  readonly description: string;
  readonly aliases: readonly string[];
  /** An asymmetric key that signs; others only encrypt, which nothing does here. */
  readonly signs: boolean;
}

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** Subject public key info, DER. */
  readonly publicKey: Buffer;
}

/**
 * The private key of a definition: made at the first start, and the same at every later one. It lies in a file that only
 * we may read; whoever has that file can sign as this cloud does.
 */
export const openSigningKey = (dataDir: string, { keyId }: KeyDefinition): SigningKey => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, `${keyId}.pem`);
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    // Whole or not at all, so that a crash never leaves half a key behind.
    writeAtomically(file, String(privateKey.export({ type: 'pkcs8', format: 'pem' })), true);
  }
  const privateKey = createPrivateKey(readFileSync(file));
  return { privateKey, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }) };
};
