import { Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface ApiGatewayProps {
  readonly logKey: IKey;
}

/**
 * The HTTP API. Console and API are one origin by way of CloudFront, so no other origin is granted anything (CORS). Its
 * own address stays open, because CloudFront has no other way to it; every route of data asks for a token in any case.
 */
export class ApiGateway extends Construct {
  readonly url: string;
  /** Without `https://`. */
  readonly domainName: string;
  private readonly api: HttpApi;

  constructor(scope: Construct, id: string, { logKey }: ApiGatewayProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: 'EmissionWatch',
      description: 'EmissionWatch, for its console and for programs',
      createDefaultStage: false,
    });
    const log = new LogGroup(this, 'AccessLog', { retention: RetentionDays.ONE_YEAR, encryptionKey: logKey });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      // A console asks for something every few seconds; 50 a second are some 200 people who look at once.
      throttle: { rateLimit: 50, burstLimit: 100 },
      detailedMetricsEnabled: true,
      accessLogSettings: { destination: new LogGroupLogDestination(log), format: ACCESS_LOG },
    });
    const { region, urlSuffix } = Stack.of(this);
    this.domainName = `${this.api.apiId}.execute-api.${region}.${urlSuffix}`;
    this.url = `https://${this.domainName}`;
  }

  /** @param authorizer asked before each request for data; only what tells nothing of a plant goes without */
  serve(alias: Alias, authorizer: IHttpRouteAuthorizer): void {
    const integration = (id: string) => new HttpLambdaIntegration(id, alias);
    this.api.addRoutes({
      path: '/api/v1/{proxy+}',
      methods: [HttpMethod.ANY],
      authorizer,
      integration: integration('Data'),
    });
    for (const [id, path, reason] of OPEN)
      for (const route of this.api.addRoutes({ path, methods: [HttpMethod.GET], integration: integration(id) }))
        Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason });
  }
}

/** What goes without a token, and why. */
const OPEN = [
  [
    'OpenApi',
    '/openapi.json',
    'the description of the API is that of the published source code, and tells nothing of a plant',
  ],
  ['Health', '/health', 'whoever watches from outside has no token, and the answer is only whether there is one'],
] as const;

/** Who asked for what, and how it ended: `sub` is the person's id in the user pool. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    ip: '$context.identity.sourceIp',
    sub: '$context.authorizer.claims.sub',
    method: '$context.httpMethod',
    path: '$context.path',
    route: '$context.routeKey',
    status: '$context.status',
    latency: '$context.responseLatency',
    bytes: '$context.responseLength',
    error: '$context.error.message',
    integrationError: '$context.integrationErrorMessage',
  }),
);
