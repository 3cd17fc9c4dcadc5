import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});
const output = z.object({ Value: z.unknown(), Export: z.object({ Name: z.unknown() }).optional() });
const template = z.object({
  Resources: z.record(z.string(), resource),
  Outputs: z.record(z.string(), output).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Parameters: z.record(z.string(), z.object({ Default: z.unknown().optional() })).default({}),
});
const artifact = z.object({
  type: z.string(),
  dependencies: z.array(z.string()).default([]),
  properties: z
    .object({ templateFile: z.string().optional(), stackName: z.string().optional(), file: z.string().optional() })
    .default({}),
});
const manifest = z.object({ artifacts: z.record(z.string(), artifact) });
const assetManifest = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

export type Template = z.infer<typeof template>;

export interface Stack {
  readonly name: string;
  readonly template: Template;
}

export interface Assembly {
  /** Every stack, after those it depends on. */
  readonly stacks: readonly Stack[];
  /** File or folder of an asset by the key under which a deployment would upload it. */
  readonly assets: ReadonlyMap<string, string>;
}

/** Reads what `cdk synth` has written. */
export const readAssembly = (folder: string): Assembly => {
  const read = <T>(file: string, schema: z.ZodType<T>): T => {
    const path = join(folder, file);
    try {
      return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch (cause) {
      throw new Error(`${path} is not part of a cloud assembly that can be read: ${(cause as Error).message}`, {
        cause,
      });
    }
  };
  const { artifacts } = read('manifest.json', manifest);
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  const seen = new Set<string>();

  const visit = (id: string) => {
    const found = artifacts[id];
    if (!found || seen.has(id)) return;
    seen.add(id);
    for (const dependency of found.dependencies) visit(dependency);
    const { templateFile, stackName = id, file } = found.properties;
    if (found.type === 'aws:cloudformation:stack' && templateFile) {
      stacks.push({ name: stackName, template: read(templateFile, template) });
    } else if (found.type === 'cdk:asset-manifest' && file) {
      for (const { source, destinations } of Object.values(read(file, assetManifest).files)) {
        if (source.path === undefined) continue;
        for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, resolve(folder, source.path));
      }
    } else if (found.type === 'cdk:cloud-assembly') {
      throw new Error(`${folder} has a nested assembly (${id}): stages do not run in the local cloud, only stacks`);
    }
  };
  for (const id of Object.keys(artifacts)) visit(id);
  return { stacks, assets };
};
