import { startCloudFront } from './services/cloudfront.ts';
import type { Cognito } from './services/cognito.ts';
import { startHttpApi } from './services/http-api.ts';
import type { Guard } from './services/iam/guard.ts';
import type { Lambda } from './services/lambda.ts';
import type { S3 } from './services/s3.ts';
import { distributionsOf } from './template/cloudfront.ts';
import { httpApisOf } from './template/http-api.ts';
import type { Templates } from './template/templates.ts';

export interface WayIn {
  /** URLs; undefined when the templates have no HTTP API and no distribution in front of it. */
  readonly console: string | undefined;
  readonly api: string | undefined;
}

/**
 * What people come in by: the HTTP APIs of the templates, and the distribution with the console in front of them.
 * @throws Error when the port is taken, or there is more than one distribution
 */
export const startWayIn = async (options: {
  readonly templates: Templates;
  readonly lambda: Pick<Lambda, 'invoke'>;
  readonly s3: S3;
  readonly cognito: Cognito;
  readonly guard: Guard;
  /** @default any free one */
  readonly consolePort?: number | undefined;
  /** Hears of every answer of an API, for metrics. */
  readonly onAnswer?: (apiId: string, status: number, latencyMs: number) => void;
  readonly onStop: (end: () => unknown) => void;
}): Promise<WayIn> => {
  const { templates, lambda, s3, cognito, guard, consolePort, onAnswer = () => {}, onStop } = options;
  const apis: Record<string, string> = {};
  for (const api of httpApisOf(templates)) {
    const { endpoint, stop } = await startHttpApi({
      api,
      lambda,
      keysOf: cognito.keysOf,
      guard,
      onAnswer: (status, latencyMs) => onAnswer(api.apiId, status, latencyMs),
    });
    onStop(stop);
    apis[api.apiId] = endpoint;
  }
  const [distribution, ...more] = distributionsOf(templates);
  if (more.length > 0) throw new Error(`the templates have ${more.length + 1} distributions, the local cloud runs one`);
  const [api] = Object.values(apis);
  if (!distribution) return { console: undefined, api };
  const port = consolePort === undefined ? {} : { port: consolePort };
  const { endpoint, stop } = await startCloudFront({ distribution, objects: s3, apis, cognito, ...port });
  onStop(stop);
  return { console: endpoint, api };
};
