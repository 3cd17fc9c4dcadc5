import type { Guard, Principal } from '../iam/guard.ts';
import type { TableDefinition } from './table.ts';

/**
 * May this caller do this to the table, or to one of its indexes, and open the table's key?
 * @throws AwsError AccessDeniedException
 */
export const tableAccess =
  (guard: Pick<Guard, 'check'>, region: string, account: string) =>
  (caller: Principal, operation: string, { name, arn, keyArn }: TableDefinition, index?: string): void => {
    guard.check(caller, `dynamodb:${operation}`, index === undefined ? arn : `${arn}/index/${index}`);
    if (keyArn === undefined) return;
    guard.check(caller, 'kms:Decrypt', keyArn, {
      'kms:ViaService': `dynamodb.${region}.amazonaws.com`,
      'kms:EncryptionContext:aws:dynamodb:tableName': name,
      'kms:EncryptionContext:aws:dynamodb:subscriberId': account,
    });
  };

export type TableAccess = ReturnType<typeof tableAccess>;
