import * as z from 'zod';
import type { TableDefinition } from '../services/dynamodb.ts';
import { IGNORED, type Templates } from './templates.ts';

const keySchema = z
  .array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }))
  .min(1)
  .max(2)
  .transform((keys) => {
    const named = (type: string) => keys.find(({ KeyType }) => KeyType === type)?.AttributeName;
    const [hash, range] = [named('HASH'), named('RANGE')];
    return { hash: hash ?? '', ...(range !== undefined && { range }) };
  })
  .refine(({ hash }) => hash !== '', 'a key schema needs a HASH attribute');

const properties = z.strictObject({
  TableName: z.string().optional(),
  KeySchema: keySchema,
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  GlobalSecondaryIndexes: z
    .array(
      z.strictObject({
        IndexName: z.string(),
        KeySchema: keySchema,
        Projection: z.strictObject({ ProjectionType: z.literal('ALL', 'only whole items are projected here') }),
      }),
    )
    .default([]),
  SSESpecification: z
    .strictObject({
      SSEEnabled: z.literal(true),
      SSEType: z.literal('KMS'),
      KMSMasterKeyId: z.string().startsWith('arn:aws:kms:', 'name a key by its ARN'),
    })
    .optional(),
  BillingMode: z.literal('PAY_PER_REQUEST', 'throughput is not limited here, so only on demand'),
  // Backups and protection of the local cloud are those of its folder.
  DeletionProtectionEnabled: IGNORED,
  PointInTimeRecoverySpecification: IGNORED,
  Tags: IGNORED,
});

export const tablesOf = (templates: Templates): TableDefinition[] =>
  templates.ofType('AWS::DynamoDB::Table').map((resource) => {
    const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, SSESpecification } =
      resource.properties(properties);
    return {
      name: resource.name,
      arn: resource.attribute('Arn'),
      key: KeySchema,
      types: Object.fromEntries(
        AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
      ),
      indexes: Object.fromEntries(GlobalSecondaryIndexes.map(({ IndexName, KeySchema: key }) => [IndexName, key])),
      ...(SSESpecification && { keyArn: SSESpecification.KMSMasterKeyId }),
    };
  });
