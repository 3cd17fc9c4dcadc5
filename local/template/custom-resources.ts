import * as z from 'zod';
import type { CustomResourceDefinition } from '../services/custom-resources.ts';
import { isCustomResource, type Templates } from './templates.ts';

const properties = z
  .object({ ServiceToken: z.string().startsWith('arn:aws:lambda:', 'only functions answer for custom resources here') })
  .catchall(z.unknown());

export const customResourcesOf = (templates: Templates): CustomResourceDefinition[] =>
  templates.resources
    .filter(({ type }) => isCustomResource(type))
    .map((resource) => {
      const { ServiceToken, ...rest } = resource.properties(properties);
      const { stack, logicalId, type } = resource;
      return { stack, logicalId, type, serviceToken: ServiceToken, properties: rest };
    });
