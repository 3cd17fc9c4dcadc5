import * as z from 'zod';
import type { TableDefinition } from '../services/timestream/table.ts';
import { IGNORED, type Templates } from './templates.ts';

/** CloudFormation takes numbers as text here. */
const count = z.union([z.string().regex(/^\d+$/), z.int()]).transform(Number);

const properties = z.strictObject({
  DatabaseName: z.string(),
  TableName: z.string().optional(),
  RetentionProperties: z
    .strictObject({ MemoryStoreRetentionPeriodInHours: count, MagneticStoreRetentionPeriodInDays: count })
    // Timestream's own.
    .default({ MemoryStoreRetentionPeriodInHours: 6, MagneticStoreRetentionPeriodInDays: 73_000 }),
  MagneticStoreWriteProperties: z
    .strictObject({ EnableMagneticStoreWrites: z.boolean(), MagneticStoreRejectedDataLocation: IGNORED })
    .optional(),
  Schema: z
    .strictObject({
      CompositePartitionKey: z.array(
        z.strictObject({
          Type: z.enum(['DIMENSION', 'MEASURE']),
          Name: z.string().optional(),
          EnforcementInRecord: z.enum(['REQUIRED', 'OPTIONAL']).optional(),
        }),
      ),
    })
    .optional(),
  Tags: IGNORED,
});

export const timestreamTablesOf = (templates: Templates): TableDefinition[] =>
  templates.ofType('AWS::Timestream::Table').map((resource) => {
    const { DatabaseName, RetentionProperties, ...rest } = resource.properties(properties);
    const partitionKey = rest.Schema?.CompositePartitionKey ?? [];
    return {
      database: DatabaseName,
      table: resource.name,
      arn: resource.attribute('Arn'),
      memoryHours: RetentionProperties.MemoryStoreRetentionPeriodInHours,
      magneticDays: RetentionProperties.MagneticStoreRetentionPeriodInDays,
      magneticWrites: rest.MagneticStoreWriteProperties?.EnableMagneticStoreWrites ?? false,
      requiredDimensions: partitionKey.flatMap(({ Name, EnforcementInRecord }) =>
        Name !== undefined && EnforcementInRecord === 'REQUIRED' ? [Name] : [],
      ),
    };
  });
