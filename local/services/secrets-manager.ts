import { AwsError, type Listening, serveJson11 } from './aws-json.ts';
import type { Guard, Principal } from './iam/guard.ts';
import { openSecretStore, type SecretDeclaration } from './secrets-manager/secret-store.ts';

export interface SecretsManager extends Listening {
  /** The secret's text, by ARN or name. */
  valueOf(secretId: string): string | undefined;
  /** User and password of a database secret. */
  credentialsOf(secretId: string): { readonly username: string; readonly password: string } | undefined;
  /**
   * May `caller` read the secret? For a service that reads it in the caller's name.
   * @throws AwsError AccessDeniedException
   */
  checkReader(secretId: string, caller: Principal): void;
}

const REGION = 'us-east-1';

/**
 * Secrets Manager for the secrets of a template. Values are generated at the first start, by the template's
 * `GenerateSecretString`, and are the same at every later start. They are never logged.
 */
export const startSecretsManager = async (options: {
  readonly dataDir: string;
  readonly secrets: readonly SecretDeclaration[];
  readonly guard: Guard;
  readonly port?: number;
}): Promise<SecretsManager> => {
  const { dataDir, secrets, guard, port } = options;
  const stored = openSecretStore(dataDir, secrets);

  const indexOf = (secretId: unknown): number => {
    const id = String(secretId);
    return secrets.findIndex(({ arn, name }) => id === arn || id === name || `${id}-` === arn.slice(0, -6));
  };
  const find = ({ SecretId, VersionId, VersionStage }: Record<string, unknown>) => {
    const at = indexOf(SecretId);
    const [secret, value] = [secrets[at], stored[at]];
    const asked =
      (VersionStage ?? 'AWSCURRENT') === 'AWSCURRENT' && (VersionId ?? value?.versionId) === value?.versionId;
    if (secret && value && asked) return { secret, value };
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  };
  const textOf = (secretId: string): string | undefined => stored[indexOf(secretId)]?.value;

  const checkReader = ({ arn, keyArn }: SecretDeclaration, caller: Principal): void => {
    guard.check(caller, 'secretsmanager:GetSecretValue', arn);
    if (keyArn === undefined) return;
    guard.check(caller, 'kms:Decrypt', keyArn, {
      'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
      'kms:EncryptionContext:SecretARN': arn,
    });
  };

  const listening = await serveJson11({
    guard,
    port,
    operations: {
      GetSecretValue: (input, caller) => {
        const { secret, value } = find(input);
        checkReader(secret, caller);
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: value.versionId,
          SecretString: value.value,
          VersionStages: ['AWSCURRENT'],
          CreatedDate: value.created,
        };
      },
      DescribeSecret: (input, caller) => {
        const { secret, value } = find(input);
        guard.check(caller, 'secretsmanager:DescribeSecret', secret.arn);
        return {
          ARN: secret.arn,
          Name: secret.name,
          Description: secret.description,
          CreatedDate: value.created,
          LastChangedDate: value.created,
          VersionIdsToStages: { [value.versionId]: ['AWSCURRENT'] },
        };
      },
    },
  });

  return {
    ...listening,
    valueOf: textOf,
    checkReader: (secretId, caller) => {
      const secret = secrets[indexOf(secretId)];
      if (secret) checkReader(secret, caller);
    },
    credentialsOf: (secretId) => {
      const text = textOf(secretId);
      if (text === undefined) return undefined;
      const { username, password } = parseObject(text);
      return typeof username === 'string' && typeof password === 'string' ? { username, password } : undefined;
    },
  };
};

const parseObject = (text: string): Record<string, unknown> => {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {}; // a secret need not be JSON
  }
};
