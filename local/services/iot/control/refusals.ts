import type * as z from 'zod';
import { AwsError } from '../../aws-json.ts';

export const notFound = (what: string): AwsError =>
  new AwsError('ResourceNotFoundException', `The ${what} does not exist`, 404);

export const invalid = (message: string): AwsError => new AwsError('InvalidRequestException', message);

/** @throws AwsError InvalidRequestException also for what AWS would take and the local cloud does not do */
export const read = <Shape extends z.ZodType>(schema: Shape, input: unknown): z.infer<Shape> => {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalid(
    result.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`).join('; '),
  );
};
