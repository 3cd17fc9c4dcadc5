import * as z from 'zod';
import type { TopicDefinition } from '../services/sns.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  TopicName: z.string().optional(),
  DisplayName: z.string().default(''),
  KmsMasterKeyId: z.string().startsWith('arn:aws:kms:', 'name a key by its ARN').optional(),
  Tags: IGNORED,
});

const subscriptionProperties = z.strictObject({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
  // For what SNS cannot deliver; here it is written down.
  RedrivePolicy: IGNORED,
});

export const topicsOf = (templates: Templates): TopicDefinition[] => {
  const subscriptions = templates
    .ofType('AWS::SNS::Subscription')
    .map((resource) => resource.properties(subscriptionProperties));
  return templates.ofType('AWS::SNS::Topic').map((resource) => {
    const { DisplayName, KmsMasterKeyId } = resource.properties(properties);
    return {
      name: resource.name,
      arn: resource.ref,
      displayName: DisplayName,
      ...(KmsMasterKeyId !== undefined && { keyArn: KmsMasterKeyId }),
      subscriptions: subscriptions
        .filter(({ TopicArn }) => TopicArn === resource.ref)
        .map(({ Protocol, Endpoint }) => ({ protocol: Protocol, endpoint: Endpoint })),
    };
  });
};
