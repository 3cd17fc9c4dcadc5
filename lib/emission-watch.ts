import { readFileSync } from 'node:fs';
import { App, Stack, Tags } from 'aws-cdk-lib';
import { profileOf, timeSeriesStoreOf } from './environments.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { IngestStack } from './stacks/ingest-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { ProcessingStack } from './stacks/processing-stack.ts';
import { ReportingStack } from './stacks/reporting-stack.ts';
import { StorageStack } from './stacks/storage-stack.ts';
import { TimeSeriesStack } from './stacks/time-series-stack.ts';

export interface EmissionWatchOptions {
  /** Context besides that of cdk.json, for example `{ profile: 'large' }`. The command line's -c wins over it. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Where the cloud assembly is written. @default what the CDK CLI asks for, else a temporary folder */
  readonly outdir?: string;
}

/**
 * The whole app. It belongs to no account and no region until it is deployed, so it can be synthesised anywhere.
 * Feature flags come from cdk.json also when no CLI is involved: a template made in-process is the one that is deployed.
 *
 * @throws Error when context `profile` names no profile, or `timeSeriesStore` no store
 */
export const emissionWatch = ({ context = {}, outdir }: EmissionWatchOptions = {}) => {
  const app = new App({ context: { ...cdkJson().context, ...context }, ...(outdir ? { outdir } : {}) });
  const { name, ...profile } = profileOf(app.node.tryGetContext('profile'));

  const withTimestream = timeSeriesStoreOf(app.node.tryGetContext('timeSeriesStore')) === 'timestream';
  const timeSeries = withTimestream ? new TimeSeriesStack(app, 'EmissionWatch-TimeSeries') : undefined;
  const storage = new StorageStack(app, 'EmissionWatch-Storage', { profile });
  // AWS refuses Timestream to accounts that never had it; then nothing else is to exist yet.
  if (timeSeries) storage.addStackDependency(timeSeries);
  const ingest = new IngestStack(app, 'EmissionWatch-Ingest', {
    measurements: storage.streams.measurements,
    failed: storage.failedMessages,
    devices: storage.devices,
    logKey: storage.logKey,
  });
  const processing = new ProcessingStack(app, 'EmissionWatch-Processing', {
    profile,
    storage,
    timeSeries: timeSeries?.timeSeries,
  });
  const reporting = new ReportingStack(app, 'EmissionWatch-Reporting', { storage });
  // Its tables are made there.
  reporting.addStackDependency(processing);
  const api = new ApiStack(app, 'EmissionWatch-Api', { storage });
  // It asks tables that are made by the one, and starts the machine of the other.
  api.addStackDependency(processing);
  api.addStackDependency(reporting);
  // The last one: it watches what is in all the others.
  const observability = new ObservabilityStack(app, 'EmissionWatch-Observability', {
    stacks: app.node.children.filter(Stack.isStack),
    operations: storage.operationsTopic,
  });

  Tags.of(app).add('project', 'emissionwatch');
  Tags.of(app).add('profile', name);
  for (const [component, stack] of Object.entries({
    storage,
    ingest,
    processing,
    reporting,
    api,
    observability,
    'time-series': timeSeries,
  }))
    if (stack) Tags.of(stack).add('component', component);
  return { app, storage, ingest, processing, reporting, api, observability, timeSeries };
};

const cdkJson = (): { context: Record<string, unknown> } =>
  JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8'));
