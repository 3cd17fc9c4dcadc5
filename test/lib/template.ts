import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import { emissionWatch } from '../../lib/emission-watch.ts';

/** Cloud assemblies of this test file. */
export const assemblies = mkdtempSync(join(tmpdir(), 'emissionwatch-cdk-'));
afterAll(() => rmSync(assemblies, { recursive: true }));

/** The app without its bundles: they take seconds and change nothing in a template but asset names. */
export const unbundled = (context: Readonly<Record<string, unknown>> = {}) =>
  emissionWatch({
    context: { 'aws:cdk:bundling-stacks': [], ...context },
    outdir: mkdtempSync(join(assemblies, 'out-')),
  });

export interface Resource {
  readonly Type: string;
  readonly Properties: Properties;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}
/** Properties as CloudFormation has them; tests compare them whole, so they need no closer type. */
export type Properties = Readonly<Record<string, unknown>>;
export type Resources = Readonly<Record<string, Resource>>;

interface StackTemplate {
  readonly Resources: Resources;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** The templates of one profile; values of other stacks are shown as the resource they come from. */
export const templates = (profile = 'small') => {
  const { storage, ingest, processing, api, timeSeries } = unbundled({ profile });
  const stacks = [storage, ingest, processing, api, timeSeries!];
  const byName = new Map(stacks.map((stack) => [stack.stackName, Template.fromStack(stack).toJSON() as StackTemplate]));
  const inlined = ({ stackName }: Stack): StackTemplate =>
    JSON.parse(JSON.stringify(byName.get(stackName)), (_, value: unknown) => {
      const output = (value as StackOutput | null)?.['Fn::GetStackOutput'];
      return output ? byName.get(output.StackName)!.Outputs![output.OutputName]!.Value : value;
    });
  return {
    storage: inlined(storage),
    ingest: inlined(ingest),
    processing: inlined(processing),
    api: inlined(api),
    timeSeries: inlined(timeSeries!),
  };
};

interface StackOutput {
  readonly 'Fn::GetStackOutput'?: { readonly StackName: string; readonly OutputName: string };
}

export const ofType = ({ Resources }: StackTemplate, ...types: readonly string[]): [string, Resource][] =>
  Object.entries(Resources).filter(([, { Type }]) => types.includes(Type));

/** The one resource whose logical id starts so. CDK adds eight characters of a hash to an id. */
export const named = ({ Resources }: StackTemplate, id: string): [string, Resource] => {
  const found = Object.entries(Resources).filter(([key]) => new RegExp(`^${id}[0-9A-F]{8}$`).test(key));
  if (found.length !== 1) throw new Error(`expected one resource ${id}, found ${found.length}`);
  return found[0]!;
};

export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

export const statementsOf = ({ Properties }: Resource): readonly Statement[] =>
  (Properties.PolicyDocument as { Statement: readonly Statement[] }).Statement;

/** A text with its references written as `${Name}`, for `{"Fn::Join": ["", [..]]}` and the like. */
export const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const { Ref, ...fn } = value as { Ref?: string } & Record<string, unknown>;
  if (Ref) return `\${${Ref}}`;
  if (fn['Fn::GetAtt']) return `\${${(fn['Fn::GetAtt'] as string[]).join('.')}}`;
  if (fn['Fn::Join']) {
    const [separator, parts] = fn['Fn::Join'] as [string, unknown[]];
    return parts.map(text).join(separator);
  }
  return JSON.stringify(value);
};

export const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);
