import middy from '@middy/core';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { observed } from '#adapters/observed';
import { publish, siteFile } from './publish.ts';
import type { Site, SiteFile } from './site.ts';

export interface PublishConsole {
  readonly site: Site;
  /** The built console, without its configuration. */
  readonly files: readonly SiteFile[];
  /** Tells CloudFormation how it went. */
  readonly answer: (url: string, body: string) => Promise<void>;
}

/** A custom resource of the deployment: the console that is part of this bundle becomes the one that is served. */
export const makeHandler = ({ site, files, answer }: PublishConsole) => {
  const { logger, middleware } = observed('publish-console');

  const handle = async (event: CloudFormationCustomResourceEvent) => {
    const { RequestType, ResponseURL, ResourceProperties, StackId, RequestId, LogicalResourceId } = event;
    const outcome = async (): Promise<{ Status: 'SUCCESS' } | { Status: 'FAILED'; Reason: string }> => {
      try {
        // The bucket stays when its stack goes, and so does what is in it.
        if (RequestType !== 'Delete') {
          const config = siteFile('config.json', String(ResourceProperties.config));
          logger.info('published', { ...(await publish(site, [...files, config])) });
        }
        return { Status: 'SUCCESS' };
      } catch (error) {
        logger.error('publishing failed', error as Error);
        return { Status: 'FAILED', Reason: (error as Error).message };
      }
    };
    const body = { ...(await outcome()), StackId, RequestId, LogicalResourceId, PhysicalResourceId: 'console' };
    await answer(ResponseURL, JSON.stringify(body));
  };

  return middy<CloudFormationCustomResourceEvent>().use(middleware[0]!).handler(handle);
};
