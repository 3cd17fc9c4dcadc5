import { Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnStage,
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
  private readonly stage: CfnStage;

  constructor(scope: Construct, id: string, { logKey }: ApiGatewayProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: 'EmissionWatch',
      description: 'EmissionWatch, for its console and for programs',
      createDefaultStage: false,
    });
    const log = new LogGroup(this, 'AccessLog', { retention: RetentionDays.ONE_YEAR, encryptionKey: logKey });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      // A console asks for something every few seconds; 50 a second are some 200 people who look at once.
      throttle: { rateLimit: 50, burstLimit: 100 },
      detailedMetricsEnabled: true,
      accessLogSettings: { destination: new LogGroupLogDestination(log), format: ACCESS_LOG },
    });
    this.stage = stage.node.defaultChild as CfnStage;
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
    const [health] = this.api.addRoutes({
      path: '/health',
      methods: [HttpMethod.GET],
      integration: integration('Health'),
    });
    Validations.of(health!).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason: 'whoever watches from outside has no token, and the answer is only whether there is one',
    });
    // Anybody may ask it, so it has a throttle of its own: nobody without a token takes places of those who have one.
    this.stage.routeSettings = {
      'GET /health': { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10, DetailedMetricsEnabled: true },
    };
    // API Gateway refuses settings of a route that is not there yet.
    this.stage.node.addDependency(health!);
  }
}

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
