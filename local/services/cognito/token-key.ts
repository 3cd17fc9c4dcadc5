import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, type JSONWebKeySet } from 'jose';
import { writeAtomically } from '../owned-file.ts';

export interface TokenKey {
  readonly privateKey: KeyObject;
  readonly kid: string;
  /** The public part, as an issuer publishes it. */
  readonly keySet: JSONWebKeySet;
}

const BITS = 2048;

/**
 * The key that signs the tokens of a pool: made at the first start and kept, so that tokens outlive a restart. It lies in
 * a file that only we may read; whoever has that file can be anybody in this local cloud.
 */
export const openTokenKey = async (dataDir: string, poolId: string): Promise<TokenKey> => {
  const file = join(dataDir, `${poolId}.pem`);
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: BITS });
    writeAtomically(file, String(privateKey.export({ type: 'pkcs8', format: 'pem' })), true);
  }
  const privateKey = createPrivateKey(readFileSync(file));
  const jwk = await exportJWK(createPublicKey(privateKey));
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, kid, keySet: { keys: [{ ...jwk, kid, alg: 'RS256', use: 'sig' }] } };
};
