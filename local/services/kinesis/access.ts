import type { Guard, Principal } from '../iam/guard.ts';
import type { StreamDefinition } from './stream.ts';

type Use = 'write' | 'read' | 'describe';

const KEY_ACTION: Readonly<Record<Use, string | undefined>> = {
  write: 'kms:GenerateDataKey',
  read: 'kms:Decrypt',
  describe: undefined,
};

/**
 * May this caller use the stream, and the key of a stream that has one?
 * @throws AwsError AccessDeniedException
 */
export const streamAccess =
  (guard: Pick<Guard, 'check'>, region: string) =>
  (caller: Principal, operation: string, { arn, keyArn }: StreamDefinition, use: Use): void => {
    guard.check(caller, `kinesis:${operation}`, arn);
    const action = KEY_ACTION[use];
    if (keyArn === undefined || action === undefined) return;
    guard.check(caller, action, keyArn, {
      'kms:ViaService': `kinesis.${region}.amazonaws.com`,
      'kms:EncryptionContext:aws:kinesis:arn': arn,
    });
  };

export type StreamAccess = ReturnType<typeof streamAccess>;
