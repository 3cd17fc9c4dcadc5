import * as z from 'zod';
import type { Behaviour, DistributionDefinition, OriginDefinition } from '../services/cloudfront/definition.ts';
import { ACCOUNT } from './identity.ts';
import { IGNORED, type Templates } from './templates.ts';

/** AWS's own policies, by their ids. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';
const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

const behaviour = z.strictObject({
  TargetOriginId: z.string(),
  PathPattern: z.string().optional(),
  AllowedMethods: z.array(z.string()).default(['GET', 'HEAD']),
  // Nothing is cached here: a cache on the same machine would only hide what is served.
  CachePolicyId: z.enum([CACHING_DISABLED, CACHING_OPTIMIZED]),
  OriginRequestPolicyId: z.literal(ALL_VIEWER_EXCEPT_HOST).optional(),
  ResponseHeadersPolicyId: z.string().optional(),
  Compress: IGNORED,
  ViewerProtocolPolicy: z.enum(['https-only', 'redirect-to-https']),
});
const origin = z.strictObject({
  Id: z.string(),
  DomainName: z.string(),
  OriginPath: z.string().default(''),
  S3OriginConfig: z.strictObject({ OriginAccessIdentity: z.literal('') }).optional(),
  OriginAccessControlId: z.string().optional(),
  CustomOriginConfig: z.looseObject({ OriginProtocolPolicy: z.literal('https-only') }).optional(),
});
const properties = z.strictObject({
  DistributionConfig: z.strictObject({
    DefaultRootObject: z.string().optional(),
    DefaultCacheBehavior: behaviour,
    CacheBehaviors: z.array(behaviour).default([]),
    Origins: z.array(origin),
    Enabled: z.literal(true),
    // How the way there is secured and who reads along: here it is loopback.
    Aliases: IGNORED,
    Comment: IGNORED,
    HttpVersion: IGNORED,
    IPV6Enabled: IGNORED,
    Logging: IGNORED,
    ViewerCertificate: IGNORED,
  }),
  Tags: IGNORED,
});
const on = z.strictObject({ Override: z.literal(true) });
const headerProperties = z.strictObject({
  ResponseHeadersPolicyConfig: z.strictObject({
    Name: z.string(),
    Comment: z.string().optional(),
    SecurityHeadersConfig: z.strictObject({
      ContentSecurityPolicy: on.extend({ ContentSecurityPolicy: z.string() }).optional(),
      ContentTypeOptions: on.optional(),
      FrameOptions: on.extend({ FrameOption: z.enum(['DENY', 'SAMEORIGIN']) }).optional(),
      ReferrerPolicy: on.extend({ ReferrerPolicy: z.string() }).optional(),
      StrictTransportSecurity: on
        .extend({
          AccessControlMaxAgeSec: z.int(),
          IncludeSubdomains: z.boolean().default(false),
          Preload: z.boolean().default(false),
        })
        .optional(),
    }),
  }),
});

/** @throws Error for an origin that is neither a bucket nor an HTTP API of the templates */
export const distributionsOf = (templates: Templates): DistributionDefinition[] => {
  const policies = new Map(
    templates
      .ofType('AWS::CloudFront::ResponseHeadersPolicy')
      .map((resource) => [resource.ref, headersOf(resource.properties(headerProperties).ResponseHeadersPolicyConfig)]),
  );
  return templates.ofType('AWS::CloudFront::Distribution').map((resource) => {
    const { DistributionConfig: config } = resource.properties(properties);
    const origins = new Map(config.Origins.map((one) => [one.Id, originOf(one, templates)]));
    const read = ({ PathPattern = '*', ...given }: z.infer<typeof behaviour>): Behaviour => ({
      pathPattern: PathPattern,
      methods: given.AllowedMethods,
      origin: origins.get(given.TargetOriginId)!,
      forwardsAll: given.OriginRequestPolicyId !== undefined,
      headers: policies.get(given.ResponseHeadersPolicyId ?? '') ?? {},
    });
    return {
      arn: `arn:aws:cloudfront::${ACCOUNT}:distribution/${resource.ref}`,
      behaviours: [...config.CacheBehaviors.map(read), read(config.DefaultCacheBehavior)],
      ...(config.DefaultRootObject !== undefined && { rootObject: config.DefaultRootObject }),
    };
  });
};

const originOf = (
  { Id, DomainName, OriginPath, OriginAccessControlId }: z.infer<typeof origin>,
  templates: Templates,
): OriginDefinition => {
  const bucket = templates
    .ofType('AWS::S3::Bucket')
    .find((resource) => resource.attribute('RegionalDomainName') === DomainName);
  if (bucket && OriginAccessControlId === undefined)
    throw new Error(`origin ${Id} has no access control: CloudFront would ask bucket ${bucket.name} without a name`);
  if (bucket) return { kind: 'bucket', bucket: bucket.name, path: OriginPath };
  const api = templates
    .ofType('AWS::ApiGatewayV2::Api')
    .find(({ ref }) => DomainName.startsWith(`${ref}.execute-api.`));
  if (api) return { kind: 'http-api', apiId: api.ref };
  throw new Error(`origin ${Id} at ${DomainName} is neither a bucket nor an HTTP API of the templates`);
};

type Policy = z.infer<typeof headerProperties>['ResponseHeadersPolicyConfig'];

const headersOf = ({ SecurityHeadersConfig: security }: Policy): Readonly<Record<string, string>> => {
  const { ContentSecurityPolicy, ContentTypeOptions, FrameOptions, ReferrerPolicy, StrictTransportSecurity } = security;
  return {
    ...(ContentSecurityPolicy && { 'content-security-policy': ContentSecurityPolicy.ContentSecurityPolicy }),
    ...(ContentTypeOptions && { 'x-content-type-options': 'nosniff' }),
    ...(FrameOptions && { 'x-frame-options': FrameOptions.FrameOption }),
    ...(ReferrerPolicy && { 'referrer-policy': ReferrerPolicy.ReferrerPolicy }),
    ...(StrictTransportSecurity && {
      'strict-transport-security': [
        `max-age=${StrictTransportSecurity.AccessControlMaxAgeSec}`,
        ...(StrictTransportSecurity.IncludeSubdomains ? ['includeSubDomains'] : []),
        ...(StrictTransportSecurity.Preload ? ['preload'] : []),
      ].join('; '),
    }),
  };
};
