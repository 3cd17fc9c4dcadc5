import { z } from 'zod';
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
    RoleArn: IGNORED,
    // Between scheduler and function: an asynchronous invocation is always accepted here, so neither comes to use.
    RetryPolicy: IGNORED,
    DeadLetterConfig: IGNORED,
  }),
  Description: IGNORED,
});

export const schedulesOf = (templates: Templates): ScheduleDefinition[] =>
  templates.ofType('AWS::Scheduler::Schedule').map((resource) => {
    const { ScheduleExpression, ScheduleExpressionTimezone, State, Target } = resource.properties(properties);
    return {
      name: resource.name,
      expression: ScheduleExpression,
      timeZone: ScheduleExpressionTimezone,
      enabled: State === 'ENABLED',
      target: Target.Arn,
      input: Target.Input,
    };
  });
