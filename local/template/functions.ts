import * as z from 'zod';
import type { AsyncInvokeConfig } from '../services/lambda/async-invoke.ts';
import type { FunctionDefinition } from '../services/lambda/definition.ts';
import { functionNameOf } from '../services/lambda.ts';
import { IGNORED, type Templates } from './templates.ts';

const functionProperties = z.strictObject({
  FunctionName: z.string().optional(),
  Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
  Handler: z.string(),
  Runtime: z.string().regex(/^nodejs\d+\.x$/, 'only Node runtimes run here'),
  MemorySize: z.int().default(128),
  Timeout: z.int().default(3),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()).default({}) }).optional(),
  ReservedConcurrentExecutions: z.int().min(0).optional(),
  LoggingConfig: z
    .strictObject({
      LogFormat: z.enum(['JSON', 'Text']).optional(),
      ApplicationLogLevel: z.string().optional(),
      SystemLogLevel: z.string().optional(),
      LogGroup: z.string().optional(),
    })
    .optional(),
  // The bundles are JavaScript, so they run on this machine's processor.
  Architectures: IGNORED,
  Description: IGNORED,
  RecursiveLoop: IGNORED,
  Role: z.string(),
  Tags: IGNORED,
  TracingConfig: z.strictObject({ Mode: z.enum(['Active', 'PassThrough']) }).optional(),
});

export const functionsOf = (templates: Templates): FunctionDefinition[] =>
  templates.ofType('AWS::Lambda::Function').map((resource) => {
    const { Code, Handler, MemorySize, Timeout, Environment, ...rest } = resource.properties(functionProperties);
    const code = templates.assets.get(Code.S3Key);
    if (!code) {
      throw new Error(`${resource.stack}/${resource.logicalId}: its code ${Code.S3Key} is no asset of the assembly`);
    }
    const { LogFormat, ApplicationLogLevel, LogGroup } = rest.LoggingConfig ?? {};
    return {
      name: resource.name,
      arn: resource.attribute('Arn'),
      code,
      handler: Handler,
      memoryMb: MemorySize,
      timeoutSeconds: Timeout,
      role: rest.Role,
      ...(LogGroup !== undefined && { logGroup: LogGroup }),
      traced: rest.TracingConfig?.Mode === 'Active',
      environment: {
        ...(LogFormat && { AWS_LAMBDA_LOG_FORMAT: LogFormat }),
        ...(ApplicationLogLevel && { AWS_LAMBDA_LOG_LEVEL: ApplicationLogLevel }),
        ...Environment?.Variables,
      },
      ...(rest.ReservedConcurrentExecutions !== undefined && {
        reservedConcurrency: rest.ReservedConcurrentExecutions,
      }),
    };
  });

const invokeConfigProperties = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.string(),
  MaximumRetryAttempts: z.int().min(0).max(2).optional(),
  MaximumEventAgeInSeconds: z.int().min(60).max(21_600).optional(),
  DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: z.string() }).optional() }).optional(),
});

export const asyncInvokeConfigsOf = (templates: Templates): AsyncInvokeConfig[] =>
  templates.ofType('AWS::Lambda::EventInvokeConfig').map((resource) => {
    const { FunctionName, Qualifier, ...rest } = resource.properties(invokeConfigProperties);
    const onFailure = rest.DestinationConfig?.OnFailure?.Destination;
    return {
      functionName: functionNameOf(FunctionName),
      qualifier: Qualifier,
      maximumRetryAttempts: rest.MaximumRetryAttempts ?? 2,
      maximumEventAgeSeconds: rest.MaximumEventAgeInSeconds ?? 21_600,
      ...(onFailure !== undefined && { onFailureQueueArn: onFailure }),
    };
  });
