import * as z from 'zod';
import type { LogGroupDefinition } from '../services/log-groups.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  LogGroupName: z.string().optional(),
  KmsKeyId: z.string().startsWith('arn:aws:kms:', 'name a key by its ARN').optional(),
  LogGroupClass: IGNORED,
  // Functions log to files of a fixed size.
  RetentionInDays: IGNORED,
  Tags: IGNORED,
});

export const logGroupsOf = (templates: Templates): LogGroupDefinition[] =>
  templates.ofType('AWS::Logs::LogGroup').map((resource) => {
    const { KmsKeyId } = resource.properties(properties);
    return {
      name: resource.name,
      arn: resource.attribute('Arn').replace(/:\*$/, ''),
      ...(KmsKeyId !== undefined && { keyArn: KmsKeyId }),
    };
  });
