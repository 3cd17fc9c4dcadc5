import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const template = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});
const manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z
        .object({ templateFile: z.string().optional(), requiresBootstrapStackVersion: z.int().optional() })
        .default({}),
    }),
  ),
});

/** What is about to be deployed, as far as an account can refuse it. */
export interface Planned {
  readonly stacks: readonly string[];
  /** Version of the CDK's bootstrap stack that the templates need. */
  readonly bootstrapVersion: number;
  /** Types of resources, without those that only the CDK or our own functions know. */
  readonly types: readonly string[];
  /** Concurrent executions that all functions together reserve. */
  readonly reserved: number;
  readonly streams: readonly PlannedStream[];
}

export interface PlannedStream {
  readonly stack: string;
  readonly logicalId: string;
  readonly shards: number;
}

/**
 * Reads the cloud assembly that `cdk synth` has written.
 * @throws Error when the folder holds none
 */
export const plannedIn = (assembly: string): Planned => {
  const { artifacts } = manifest.parse(JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8')));
  const stacks = Object.entries(artifacts).flatMap(([name, { type, properties }]) =>
    type === 'aws:cloudformation:stack' && properties.templateFile
      ? [{ name, version: properties.requiresBootstrapStackVersion ?? 0, file: properties.templateFile }]
      : [],
  );
  const resources = stacks.flatMap(({ name, file }) =>
    Object.entries(template.parse(JSON.parse(readFileSync(join(assembly, file), 'utf8'))).Resources).map(
      ([logicalId, resource]) => ({ stack: name, logicalId, ...resource }),
    ),
  );
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
  return {
    stacks: stacks.map(({ name }) => name),
    bootstrapVersion: Math.max(0, ...stacks.map(({ version }) => version)),
    types: [...new Set(resources.map(({ Type }) => Type))]
      .filter((type) => !/^(Custom::|AWS::CDK::)/.test(type))
      .sort(),
    reserved: ofType('AWS::Lambda::Function').reduce(
      (sum, { Properties }) => sum + z.int().default(0).parse(Properties.ReservedConcurrentExecutions),
      0,
    ),
    streams: ofType('AWS::Kinesis::Stream').map(({ stack, logicalId, Properties }) => ({
      stack,
      logicalId,
      shards: z.int().parse(Properties.ShardCount),
    })),
  };
};
