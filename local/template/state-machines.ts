import * as z from 'zod';
import type { StateMachineDefinition } from '../services/step-functions.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  StateMachineName: z.string().optional(),
  StateMachineType: z.literal('STANDARD').optional(),
  DefinitionString: z.string(),
  RoleArn: z.string(),
  LoggingConfiguration: z
    .strictObject({
      Level: z.enum(['ALL', 'OFF']),
      IncludeExecutionData: z.boolean().default(false),
      // The log goes to a file with the name of the machine.
      Destinations: IGNORED,
    })
    .optional(),
  TracingConfiguration: z.strictObject({ Enabled: z.boolean() }).optional(),
  Tags: IGNORED,
});

export const stateMachinesOf = (templates: Templates): StateMachineDefinition[] =>
  templates.ofType('AWS::StepFunctions::StateMachine').map((resource) => {
    const { DefinitionString, RoleArn, ...rest } = resource.properties(properties);
    const { LoggingConfiguration: logging, TracingConfiguration } = rest;
    return {
      name: resource.name,
      arn: resource.ref,
      roleArn: RoleArn,
      definition: DefinitionString,
      ...(logging?.Level === 'ALL' && { logs: { withData: logging.IncludeExecutionData } }),
      traced: TracingConfiguration?.Enabled ?? false,
    };
  });
