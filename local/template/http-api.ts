import * as z from 'zod';
import type { HttpApiDefinition, RouteDefinition, ThrottleDefinition } from '../services/http-api/definition.ts';
import { IGNORED, type Templates } from './templates.ts';

const apiProperties = z.strictObject({
  ProtocolType: z.literal('HTTP'),
  Name: z.string(),
  Description: IGNORED,
  Tags: IGNORED,
});
const routeProperties = z.strictObject({
  ApiId: z.string(),
  RouteKey: z.string().regex(/^[A-Z]+ \//, 'a route is METHOD /path here'),
  Target: z.string().startsWith('integrations/'),
  AuthorizationType: z.enum(['NONE', 'JWT']).default('NONE'),
  AuthorizerId: z.string().optional(),
});
const integrationProperties = z.strictObject({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string().startsWith('arn:aws:lambda:', 'only functions answer here'),
  PayloadFormatVersion: z.literal('2.0'),
  TimeoutInMillis: z.int().min(50).max(30_000).default(30_000),
});
const authorizerProperties = z.strictObject({
  ApiId: z.string(),
  AuthorizerType: z.literal('JWT'),
  IdentitySource: z.tuple([z.literal('$request.header.Authorization')]),
  JwtConfiguration: z.strictObject({ Issuer: z.url(), Audience: z.array(z.string()).min(1) }),
  Name: z.string(),
});
const routeSettings = z.strictObject({
  ThrottlingRateLimit: z.number().positive(),
  ThrottlingBurstLimit: z.number().positive(),
  DetailedMetricsEnabled: z.boolean().optional(),
});
const stageProperties = z.strictObject({
  ApiId: z.string(),
  StageName: z.literal('$default', 'only the stage without a name of its own in the path runs here'),
  AutoDeploy: z.literal(true),
  DefaultRouteSettings: routeSettings,
  RouteSettings: z.record(z.string(), routeSettings).default({}),
  // Requests are answered the same with a log and without.
  AccessLogSettings: IGNORED,
  Tags: IGNORED,
});

/**
 * @throws Error for a route whose integration or authorizer no template has, for an API without its one stage, and for
 * settings of a route that it has not
 */
export const httpApisOf = (templates: Templates): HttpApiDefinition[] => {
  const authorizers = templates
    .ofType('AWS::ApiGatewayV2::Authorizer')
    .map((resource) => ({ id: resource.ref, ...resource.properties(authorizerProperties) }));
  const integrations = templates
    .ofType('AWS::ApiGatewayV2::Integration')
    .map((resource) => ({ id: resource.ref, ...resource.properties(integrationProperties) }));
  const stages = templates.ofType('AWS::ApiGatewayV2::Stage').map((resource) => resource.properties(stageProperties));
  const routes = templates.ofType('AWS::ApiGatewayV2::Route').map((resource) => {
    const { ApiId, RouteKey, Target, AuthorizationType, AuthorizerId } = resource.properties(routeProperties);
    const integration = integrations.find(({ id }) => `integrations/${id}` === Target);
    if (!integration) throw new Error(`route ${RouteKey} leads to ${Target}, which no template has`);
    const authorizer = authorizers.find(({ id }) => id === AuthorizerId);
    if (AuthorizationType === 'JWT' && !authorizer)
      throw new Error(`route ${RouteKey} asks authorizer ${AuthorizerId}, which no template has`);
    const route: RouteDefinition = {
      key: RouteKey,
      target: integration.IntegrationUri,
      timeoutMs: integration.TimeoutInMillis,
      ...(authorizer && {
        authorizer: { issuer: authorizer.JwtConfiguration.Issuer, audience: authorizer.JwtConfiguration.Audience },
      }),
    };
    return { apiId: ApiId, route };
  });
  return templates.ofType('AWS::ApiGatewayV2::Api').map((resource) => {
    resource.properties(apiProperties);
    const apiId = resource.ref;
    const [stage, ...more] = stages.filter(({ ApiId }) => ApiId === apiId);
    if (!stage || more.length > 0)
      throw new Error(`${resource.stack}/${resource.logicalId} has not exactly one stage, as it must here`);
    const ofApi = routes.filter((one) => one.apiId === apiId).map(({ route }) => route);
    const stray = Object.keys(stage.RouteSettings).find((key) => !ofApi.some((route) => route.key === key));
    if (stray !== undefined)
      throw new Error(`${resource.stack}/${resource.logicalId} has settings of route ${stray}, which it has not`);
    return {
      apiId,
      routes: ofApi.map((route) => {
        const own = stage.RouteSettings[route.key];
        return own ? { ...route, throttle: throttleOf(own) } : route;
      }),
      throttle: throttleOf(stage.DefaultRouteSettings),
    };
  });
};

const throttleOf = (settings: z.infer<typeof routeSettings>): ThrottleDefinition => ({
  ratePerSecond: settings.ThrottlingRateLimit,
  burst: settings.ThrottlingBurstLimit,
});
