import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../owned-file.ts';
import { type GenerateSecretString, generateSecretString } from './generate-secret.ts';

/** A secret as the template declares it: a value to generate, or one that is given. */
export interface SecretDeclaration {
  readonly arn: string;
  readonly name: string;
  readonly description?: string;
  readonly generate?: GenerateSecretString;
  readonly secretString?: string;
  /** The customer's key that encrypts it. @default Secrets Manager's own, for which nobody needs a permission */
  readonly keyArn?: string;
}

export interface StoredSecret {
  readonly arn: string;
  readonly value: string;
  readonly versionId: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** What the value was made from: another declaration makes another value, as CloudFormation does. */
  readonly declaration: string;
}

/** Values made at the first start are kept in `dataDir/secrets.json`, which only we may read. */
export const openSecretStore = (dataDir: string, secrets: readonly SecretDeclaration[]): readonly StoredSecret[] => {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'secrets.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly StoredSecret[]) : [];
  const current = secrets.map(({ arn, generate, secretString }): StoredSecret => {
    const declaration = JSON.stringify({ generate, given: secretString !== undefined });
    const same = kept.find((one) => one.arn === arn && one.declaration === declaration);
    if (same && (secretString === undefined || secretString === same.value)) return same;
    const value = secretString ?? generateSecretString(generate ?? {});
    return { arn, value, versionId: randomUUID(), created: Date.now() / 1000, declaration };
  });
  // A secret that this template does not have stays: its value could not be had again.
  const others = kept.filter((one) => !secrets.some(({ arn }) => arn === one.arn));
  writeAtomically(file, JSON.stringify([...current, ...others], undefined, 2), true);
  return current;
};
