import type { Guard } from './iam/guard.ts';

export interface LogGroupDefinition {
  readonly name: string;
  /** Without the `:*` for its streams. */
  readonly arn: string;
  /** The customer's key that encrypts it. @default CloudWatch Logs' own */
  readonly keyArn?: string;
}

/** What CloudWatch Logs does with a key, as its user guide lists it. */
const USES = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'DescribeKey'];

/**
 * CloudWatch Logs takes a key for a log group only if the key's policy lets it use it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 *
 * @throws AwsError AccessDeniedException for a key that it may not use
 */
export const checkLogKeys = (groups: readonly LogGroupDefinition[], guard: Pick<Guard, 'check'>): void => {
  for (const { arn, keyArn } of groups) {
    if (keyArn === undefined) continue;
    const logs = { arn: `logs.${arn.split(':')[3]}.amazonaws.com` };
    for (const use of USES) guard.check(logs, `kms:${use}`, keyArn, { 'kms:EncryptionContext:aws:logs:arn': arn });
  }
};
