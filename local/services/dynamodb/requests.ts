import * as z from 'zod';
import { AwsError } from '../aws-json.ts';

// Strict: a parameter that is not served is refused, because leaving it out of account would be a wrong answer.
const value = z.record(z.string(), z.unknown());
const item = z.record(z.string(), value);
const placeholders = {
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
  ExpressionAttributeValues: z.record(z.string(), value).default({}),
};
const written = { TableName: z.string(), ConditionExpression: z.string().optional(), ...placeholders };
const page = {
  TableName: z.string(),
  IndexName: z.string().optional(),
  FilterExpression: z.string().optional(),
  ExclusiveStartKey: item.optional(),
  Limit: z.int().min(1).optional(),
  ConsistentRead: z.boolean().default(false),
  ...placeholders,
};

export const getItem = z.strictObject({ TableName: z.string(), Key: item, ConsistentRead: z.boolean().default(false) });
export const putItem = z.strictObject({ ...written, Item: item });
export const deleteItem = z.strictObject({ ...written, Key: item });
export const query = z.strictObject({
  ...page,
  KeyConditionExpression: z.string(),
  ScanIndexForward: z.boolean().default(true),
});
export const scan = z.strictObject(page);
export const transactWriteItems = z.strictObject({
  ClientRequestToken: z.string().optional(),
  TransactItems: z
    .array(
      z.union([
        z.strictObject({ Put: putItem }),
        z.strictObject({ Delete: deleteItem }),
        z.strictObject({ ConditionCheck: deleteItem }),
      ]),
    )
    .min(1)
    .max(100),
});

/** @throws AwsError ValidationException for a parameter that is wrong or not served here */
export const read = <Shape extends z.ZodType>(schema: Shape, input: unknown): z.infer<Shape> => {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`);
  throw new AwsError('ValidationException', `the local cloud does not serve this request: ${issues.join('; ')}`);
};
