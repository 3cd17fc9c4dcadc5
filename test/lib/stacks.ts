import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emissionWatch } from '../../lib/emission-watch.ts';
import { PROFILE_NAMES, TIME_SERIES_STORES } from '../../lib/environments.ts';
import { review } from '../../lib/security-review.ts';
import { assemblies, type Resource } from './template.ts';

/** Everything that can be deployed: each profile with and without Timestream. */
export const CHOICES = PROFILE_NAMES.flatMap((profile) =>
  TIME_SERIES_STORES.map((timeSeriesStore) => ({ profile, timeSeriesStore })),
);

export interface Found extends Resource {
  readonly stack: string;
  readonly id: string;
  readonly UpdatePolicy?: Readonly<Record<string, unknown>>;
}

interface Output {
  readonly Value: unknown;
}

export interface Synthesised {
  readonly stacks: readonly { readonly name: string; readonly terminationProtection: boolean }[];
  /** Of all stacks; a value of another stack is shown as what that stack gives out. */
  readonly resources: readonly Found[];
  ofType(...types: readonly string[]): readonly Found[];
  /** What CloudFormation's own checks and the rule packs say besides errors, which stop the synthesis. */
  readonly warnings: readonly string[];
}

/** The app as bin/ makes it, reviewed, without bundles. */
export const synthesised = (context: Readonly<Record<string, unknown>>): Synthesised => {
  const outdir = mkdtempSync(join(assemblies, 'reviewed-'));
  const { app } = emissionWatch({ context: { 'aws:cdk:bundling-stacks': [], ...context }, outdir });
  review(app);
  const { stacks } = app.synth();
  const templates = new Map<string, { Resources: Record<string, Resource>; Outputs?: Record<string, Output> }>(
    stacks.map(({ stackName, template }) => [stackName, template]),
  );
  const inlined = <T>(template: T): T =>
    JSON.parse(JSON.stringify(template), (_, value: unknown) => {
      const from = (value as { 'Fn::GetStackOutput'?: { StackName: string; OutputName: string } } | null)?.[
        'Fn::GetStackOutput'
      ];
      return from ? templates.get(from.StackName)!.Outputs![from.OutputName]!.Value : value;
    });
  const resources = [...templates].flatMap(([stack, template]) =>
    Object.entries(inlined(template.Resources)).map(([id, resource]) => ({ ...resource, stack, id })),
  );
  return {
    stacks: stacks.map(({ stackName, terminationProtection }) => ({
      name: stackName,
      terminationProtection: terminationProtection === true,
    })),
    resources,
    ofType: (...types) => resources.filter(({ Type }) => types.includes(Type)),
    warnings: warningsIn(join(outdir, 'validation-report.json')),
  };
};

interface Report {
  readonly pluginReports: readonly {
    readonly violations: readonly { readonly ruleName: string; readonly description: string }[];
  }[];
}

const warningsIn = (file: string): string[] => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    // It is only written when there is something to say.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const { pluginReports } = JSON.parse(text) as Report;
  return pluginReports.flatMap(({ violations }) =>
    violations.map(({ ruleName, description }) => `${ruleName}: ${description}`),
  );
};
