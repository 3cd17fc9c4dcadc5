import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Batches fail at once instead of after ten retries; nothing about permissions is changed. */
export const withoutRetries = (assembly: string): void =>
  changeTemplate(assembly, 'Processing', ({ Type, Properties }) => {
    if (Type === 'AWS::Lambda::EventSourceMapping')
      Object.assign(Properties, { MaximumRetryAttempts: 0, MaximumBatchingWindowInSeconds: 0 });
  });

/** Custom resources of this type are updated with the next deployment. */
export const withChanged = (assembly: string, stack: string, type: `Custom::${string}`): void =>
  changeTemplate(assembly, stack, ({ Type, Properties }) => {
    if (Type === type) Properties.changed = 'by a test';
  });

type Change = (resource: { readonly Type: string; readonly Properties: Record<string, unknown> }) => void;

const changeTemplate = (assembly: string, stack: string, change: Change): void => {
  const file = join(assembly, `EmissionWatch-${stack}.template.json`);
  const template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, Parameters<Change>[0]> };
  for (const resource of Object.values(template.Resources)) change(resource);
  writeFileSync(file, JSON.stringify(template));
};
