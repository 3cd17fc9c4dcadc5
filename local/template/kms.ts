import * as z from 'zod';
import type { KeyDefinition } from '../services/kms/signing-keys.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  Description: z.string().default(''),
  KeySpec: z.enum(['SYMMETRIC_DEFAULT', 'ECC_NIST_P256']).default('SYMMETRIC_DEFAULT'),
  KeyUsage: z.enum(['ENCRYPT_DECRYPT', 'SIGN_VERIFY']).default('ENCRYPT_DECRYPT'),
  Enabled: z.literal(true).default(true),
  // It belongs to what is enforced, not to what is served.
  KeyPolicy: IGNORED,
  EnableKeyRotation: IGNORED,
  PendingWindowInDays: IGNORED,
  Tags: IGNORED,
});
const aliasProperties = z.strictObject({ AliasName: z.string().startsWith('alias/'), TargetKeyId: z.string() });

/** Every key, with its aliases. */
export const keysOf = (templates: Templates): KeyDefinition[] => {
  const aliases = templates.ofType('AWS::KMS::Alias').map((resource) => resource.properties(aliasProperties));
  return templates.ofType('AWS::KMS::Key').map((resource) => {
    const { Description, KeySpec, KeyUsage } = resource.properties(properties);
    const signs = KeySpec === 'ECC_NIST_P256';
    if (signs !== (KeyUsage === 'SIGN_VERIFY'))
      throw new Error(`${resource.stack}/${resource.logicalId}: a key of ${KeySpec} for ${KeyUsage} does not run here`);
    const arn = resource.attribute('Arn');
    return {
      arn,
      keyId: resource.name,
      description: Description,
      aliases: aliases.flatMap(({ AliasName, TargetKeyId }) =>
        TargetKeyId === arn || TargetKeyId === resource.name ? [AliasName] : [],
      ),
      signs,
    };
  });
};
