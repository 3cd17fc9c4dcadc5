import * as z from 'zod';
import type { ScheduleDefinition } from '../services/scheduler.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  Name: z.string().optional(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().default('Etc/UTC'),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
  Target: z.strictObject({
    Arn: z.string().startsWith('arn:aws:lambda:', 'only functions are scheduled here'),
    Input: z.string().default('{}'),
    RoleArn: z.string(),
    // An asynchronous invocation is accepted here or refused for good: nothing is worth a retry.
    RetryPolicy: IGNORED,
    DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
  }),
  Description: IGNORED,
});

export const schedulesOf = (templates: Templates): ScheduleDefinition[] =>
  templates.ofType('AWS::Scheduler::Schedule').map((resource) => {
    const { ScheduleExpression, ScheduleExpressionTimezone, State, Target } = resource.properties(properties);
    return {
      name: resource.name,
      arn: resource.attribute('Arn'),
      expression: ScheduleExpression,
      timeZone: ScheduleExpressionTimezone,
      enabled: State === 'ENABLED',
      target: Target.Arn,
      input: Target.Input,
      roleArn: Target.RoleArn,
      ...(Target.DeadLetterConfig && { deadLetterQueueArn: Target.DeadLetterConfig.Arn }),
    };
  });
