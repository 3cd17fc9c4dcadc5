import * as z from 'zod';
import type { SecretDeclaration } from '../services/secrets-manager/secret-store.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().default(''),
  SecretString: z.string().optional(),
  GenerateSecretString: z
    .strictObject({
      SecretStringTemplate: z.string().optional(),
      GenerateStringKey: z.string().optional(),
      PasswordLength: z.int().optional(),
      ExcludeCharacters: z.string().optional(),
      ExcludeLowercase: z.boolean().optional(),
      ExcludeUppercase: z.boolean().optional(),
      ExcludeNumbers: z.boolean().optional(),
      ExcludePunctuation: z.boolean().optional(),
      IncludeSpace: z.boolean().optional(),
      RequireEachIncludedType: z.boolean().optional(),
    })
    .optional(),
  KmsKeyId: z.string().startsWith('arn:aws:kms:', 'name a key by its ARN').optional(),
  Tags: IGNORED,
});

export const secretsOf = (templates: Templates): SecretDeclaration[] =>
  templates.ofType('AWS::SecretsManager::Secret').map((resource) => {
    const { Description, SecretString, GenerateSecretString, KmsKeyId } = resource.properties(properties);
    return {
      arn: resource.ref,
      name: resource.name,
      description: Description,
      ...(SecretString !== undefined && { secretString: SecretString }),
      ...(GenerateSecretString && { generate: GenerateSecretString }),
      ...(KmsKeyId !== undefined && { keyArn: KmsKeyId }),
    };
  });
