import { AwsError, type Listening, serveJson11 } from './aws-json.ts';
import { openGuard } from './iam/guard.ts';
import { openSecretStore, type SecretDeclaration } from './secrets-manager/secret-store.ts';

export interface SecretsManager extends Listening {
  /** The secret's text, by ARN or name. */
  valueOf(secretId: string): string | undefined;
  /** User and password of a database secret, as the Data API reads it. */
  credentialsOf(secretId: string): { readonly username: string; readonly password: string } | undefined;
}

/**
 * Secrets Manager for the secrets of a template. Values are generated at the first start, by the template's
 * `GenerateSecretString`, and are the same at every later start. They are never logged.
 */
export const startSecretsManager = async (options: {
  readonly dataDir: string;
  readonly secrets: readonly SecretDeclaration[];
  readonly port?: number;
}): Promise<SecretsManager> => {
  const { dataDir, secrets, port } = options;
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

  const listening = await serveJson11({
    guard: openGuard,
    port,
    operations: {
      GetSecretValue: (input) => {
        const { secret, value } = find(input);
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: value.versionId,
          SecretString: value.value,
          VersionStages: ['AWSCURRENT'],
          CreatedDate: value.created,
        };
      },
      DescribeSecret: (input) => {
        const { secret, value } = find(input);
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
