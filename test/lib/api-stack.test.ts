import { describe, expect, it } from 'vitest';
import { emissionWatch } from '../../lib/emission-watch.ts';
import {
  assemblies,
  list,
  named,
  ofType,
  type Properties,
  type Statement,
  statementsOf,
  templates,
  text,
} from './template.ts';

const { api, storage } = templates();
const properties = (id: string) => named(api, id)[1].Properties;
const only = (type: string): Properties => {
  const found = ofType(api, type);
  expect(found).toHaveLength(1);
  return found[0]![1].Properties;
};
const may = (id: string): readonly Statement[] => statementsOf(named(api, `${id}RoleDefaultPolicy`)[1]);
const asText = (value: unknown) => JSON.stringify(value);

describe('people', () => {
  const pool = only('AWS::Cognito::UserPool');
  const client = only('AWS::Cognito::UserPoolClient');

  it('are added by an administrator and do not sign up', () => {
    expect(pool.AdminCreateUserConfig).toMatchObject({ AllowAdminCreateUserOnly: true });
  });

  it('need an authenticator app besides their password, all of them, and no text message does instead', () => {
    expect(pool).toMatchObject({ MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] });
    expect(pool.SmsConfiguration).toBeUndefined();
  });

  it('have passwords that are hard to guess and not known from elsewhere', () => {
    expect(pool.Policies).toEqual({
      PasswordPolicy: {
        MinimumLength: 14,
        RequireLowercase: true,
        RequireUppercase: true,
        RequireNumbers: true,
        RequireSymbols: true,
        TemporaryPasswordValidityDays: 3,
      },
    });
    expect(pool).toMatchObject({ UserPoolTier: 'PLUS', UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' } });
  });

  it('sign in by their address and are in one of four groups, of which the mightiest counts', () => {
    expect(pool).toMatchObject({ UsernameAttributes: ['email'], UsernameConfiguration: { CaseSensitive: false } });
    const groups = ofType(api, 'AWS::Cognito::UserPoolGroup').map(([, { Properties: group }]) => group);
    const byPrecedence = groups.sort((a, b) => (a.Precedence as number) - (b.Precedence as number));
    expect(byPrecedence.map(({ GroupName }) => GroupName)).toEqual(['admin', 'engineer', 'operator', 'viewer']);
  });

  it('can write neither which facilities they see nor the address by which they are known', () => {
    expect(pool.Schema).toEqual([expect.objectContaining({ Name: 'facilities', Mutable: true })]);
    expect(client.WriteAttributes).toEqual(['locale']);
    expect(client.ReadAttributes).toContain('custom:facilities');
  });

  it('stay when the stack goes, and nobody deletes the pool by accident', () => {
    const { DeletionPolicy, UpdateReplacePolicy } = named(api, 'PeoplePool')[1];
    expect([DeletionPolicy, UpdateReplacePolicy, pool.DeletionProtection]).toEqual(['Retain', 'Retain', 'ACTIVE']);
  });

  it('sign in by code and PKCE at an address of this account; tokens are short, can be revoked, and there is no secret', () => {
    expect(client).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['openid', 'email', 'profile'],
      SupportedIdentityProviders: ['COGNITO'],
      EnableTokenRevocation: true,
      PreventUserExistenceErrors: 'ENABLED',
      IdTokenValidity: 60,
      RefreshTokenValidity: 12 * 60,
      TokenValidityUnits: { IdToken: 'minutes', RefreshToken: 'minutes' },
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    });
    const distribution = `\${${named(api, 'ConsoleDistribution')[0]}.DomainName}`;
    for (const urls of [client.CallbackURLs, client.LogoutURLs])
      expect((urls as unknown[]).map(text)).toEqual([`https://${distribution}/`]);
    expect(text(only('AWS::Cognito::UserPoolDomain').Domain)).toBe(`emissionwatch-\${AWS::AccountId}`);
  });

  it('are added and disabled by whoever has the administrator’s policy, for this pool and no other', () => {
    const statements = statementsOf(named(api, 'AdministratorPolicy')[1]);
    expect(statements).toHaveLength(1);
    for (const action of list(statements[0]!.Action)) expect(action).toMatch(/^cognito-idp:(Admin\w+|ListUsers)$/);
    expect(list(statements[0]!.Resource).map(text)).toEqual([`\${${named(api, 'PeoplePool')[0]}.Arn}`]);
  });
});

describe('the HTTP API', () => {
  const routes = ofType(api, 'AWS::ApiGatewayV2::Route').map(([, { Properties: route }]) => route);

  it('asks for a token on every route but the one that tells nothing of a plant', () => {
    expect(routes.map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType]).sort()).toEqual([
      ['ANY /api/v1/{proxy+}', 'JWT'],
      ['GET /health', 'NONE'],
    ]);
  });

  it('takes tokens of the pool, for the console’s client', () => {
    const [authorizer] = ofType(api, 'AWS::ApiGatewayV2::Authorizer');
    expect(authorizer![1].Properties).toMatchObject({
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: {
        Audience: [{ Ref: named(api, 'PeopleConsole')[0] }],
        Issuer: { 'Fn::GetAtt': [named(api, 'PeoplePool')[0], 'ProviderURL'] },
      },
    });
    const asked = routes.filter(({ AuthorizerId }) => asText(AuthorizerId) === asText({ Ref: authorizer![0] }));
    expect(asked).toHaveLength(1);
  });

  it('is throttled, and writes down who asked for what, encrypted, for a year', () => {
    const stage = only('AWS::ApiGatewayV2::Stage');
    expect(stage).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
    const { DestinationArn, Format } = stage.AccessLogSettings as { DestinationArn: unknown; Format: string };
    const [log, group] = named(api, 'GatewayAccessLog');
    expect(text(DestinationArn)).toBe(`\${${log}.Arn}`);
    expect(group.Properties).toMatchObject({ RetentionInDays: 365, KmsKeyId: expect.anything() });
    expect(Object.keys(JSON.parse(Format) as object)).toEqual(expect.arrayContaining(['sub', 'ip', 'status', 'path']));
    expect(Format).not.toMatch(/authorization|claims\.email/i);
  });

  it('lets those without a token ask only at a low rate of their own, which takes nothing from the others', () => {
    const [id, { Properties: stage, DependsOn }] = named(api, 'GatewayStage');
    expect(ofType(api, 'AWS::ApiGatewayV2::Stage').map(([only]) => only)).toEqual([id]);
    const open = routes.filter(({ AuthorizationType }) => AuthorizationType === 'NONE');
    expect(Object.keys(stage.RouteSettings as object)).toEqual(open.map(({ RouteKey }) => RouteKey));
    expect(stage.RouteSettings).toEqual({
      'GET /health': { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10, DetailedMetricsEnabled: true },
    });
    // API Gateway refuses settings of a route that is not there yet.
    const [route] = ofType(api, 'AWS::ApiGatewayV2::Route').find(
      ([, each]) => each.Properties.RouteKey === 'GET /health',
    )!;
    expect(DependsOn).toContain(route);
  });

  it('grants nothing to other origins', () => {
    expect(only('AWS::ApiGatewayV2::Api').CorsConfiguration).toBeUndefined();
  });

  it('asks the alias of one function, which this API alone may invoke', () => {
    const alias = { Ref: named(api, 'ServeApiLive')[0] };
    for (const [, { Properties: integration }] of ofType(api, 'AWS::ApiGatewayV2::Integration'))
      expect(integration).toMatchObject({ IntegrationUri: alias, PayloadFormatVersion: '2.0' });
    const permissions = ofType(api, 'AWS::Lambda::Permission').map(([, { Properties: permission }]) => permission);
    const gateway = named(api, 'GatewayApi')[0];
    expect(permissions.map(({ FunctionName }) => FunctionName)).toEqual(permissions.map(() => alias));
    expect(permissions.map(({ SourceArn }) => text(SourceArn).split(`\${${gateway}}`)[1]).sort()).toEqual([
      '/*/*/api/v1/{proxy+}',
      '/*/*/health',
    ]);
  });
});

describe('serve-api', () => {
  it('answers five at a time, as long as the gateway waits, in no network', () => {
    expect(properties('ServeApiFunction')).toMatchObject({ ReservedConcurrentExecutions: 5, Timeout: 30 });
    expect(properties('ServeApiFunction')).not.toHaveProperty('VpcConfig');
  });

  it('may do this and nothing else', () => {
    const id = (name: string) => named(storage, name)[0];
    const done = may('ServeApi').flatMap(({ Action, Resource }) =>
      list(Action).map((action) => [action, ...list(Resource).map(text)]),
    );
    const machine = `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}`;
    const database = `\${${id('DatabaseCluster')}}`;
    expect(Object.fromEntries(done.map(([action, ...resources]) => [action, resources.at(-1)]))).toMatchObject({
      'rds-data:ExecuteStatement': expect.stringContaining(database.slice(0, -1)),
      'rds-data:BeginTransaction': expect.stringContaining(database.slice(0, -1)),
      'secretsmanager:GetSecretValue': `\${${id('DatabaseServeApi')}}`,
      's3:GetObject': expect.stringMatching(/\/reports\/\*$/),
      'states:StartExecution': `${machine}:stateMachine:EmissionWatch-QuarterlyReport`,
      'states:DescribeExecution': `${machine}:execution:EmissionWatch-QuarterlyReport:*`,
    });
    expect([...new Set(done.map(([action]) => action))].sort()).toEqual([
      'kms:Decrypt',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'rds-data:BeginTransaction',
      'rds-data:CommitTransaction',
      'rds-data:ExecuteStatement',
      'rds-data:RollbackTransaction',
      's3:GetObject',
      'secretsmanager:GetSecretValue',
      'states:DescribeExecution',
      'states:StartExecution',
    ]);
    expect(statementsOf(named(api, 'ServeApiAlarmReader')[1])).toEqual([
      { Action: 'cloudwatch:DescribeAlarms', Effect: 'Allow', Resource: '*' },
    ]);
  });
});

describe('console and API at one address', () => {
  const config = only('AWS::CloudFront::Distribution').DistributionConfig as {
    readonly Origins: readonly (Properties & { readonly Id: string })[];
    readonly DefaultCacheBehavior: Properties;
    readonly CacheBehaviors: readonly Properties[];
  } & Properties;
  const originOf = ({ TargetOriginId }: Properties) => config.Origins.find(({ Id }) => Id === TargetOriginId)!;
  const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
  const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

  it('go to the API by path, uncached, with the whole query and the token, by TLS 1.2 only', () => {
    expect(config.CacheBehaviors.map(({ PathPattern }) => PathPattern)).toEqual(['/api/*', '/health']);
    for (const behaviour of config.CacheBehaviors) {
      expect(behaviour).toMatchObject({
        CachePolicyId: CACHING_DISABLED,
        OriginRequestPolicyId: ALL_VIEWER_EXCEPT_HOST,
        ViewerProtocolPolicy: 'https-only',
      });
      const origin = originOf(behaviour);
      expect(text(origin.DomainName)).toBe(
        `\${${named(api, 'GatewayApi')[0]}}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}`,
      );
      expect(origin.CustomOriginConfig).toMatchObject({
        OriginProtocolPolicy: 'https-only',
        OriginSSLProtocols: ['TLSv1.2'],
      });
    }
  });

  it('serve files of a bucket that CloudFront alone can read, and only for this distribution', () => {
    const origin = originOf(config.DefaultCacheBehavior);
    expect(origin).toMatchObject({ OriginPath: '/console', OriginAccessControlId: expect.anything() });
    expect(config).toMatchObject({ DefaultRootObject: 'index.html', HttpVersion: 'http2and3', IPV6Enabled: true });
    const allowed = statementsOf(named(api, 'ConsoleFilesPolicy')[1]).filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toHaveLength(1);
    expect(allowed[0]).toMatchObject({ Action: 's3:GetObject', Principal: { Service: 'cloudfront.amazonaws.com' } });
    expect(asText(allowed[0]!.Condition)).toContain(named(api, 'ConsoleDistribution')[0]);
  });

  it('write down who read what', () => {
    const [logs] = named(api, 'ConsoleAccessLogs');
    expect(config.Logging).toMatchObject({
      Prefix: 'distribution/',
      Bucket: { 'Fn::GetAtt': [logs, 'RegionalDomainName'] },
    });
    expect(properties('ConsoleAccessLogs').OwnershipControls).toEqual({
      Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' }],
    });
  });

  it('send headers that allow no foreign script, style, frame or connection but the one to sign in', () => {
    const { SecurityHeadersConfig } = only('AWS::CloudFront::ResponseHeadersPolicy').ResponseHeadersPolicyConfig as {
      readonly SecurityHeadersConfig: Record<string, Properties>;
    };
    const policy = text(SecurityHeadersConfig.ContentSecurityPolicy!.ContentSecurityPolicy);
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src 'self' https://emissionwatch-\${AWS::AccountId}.auth.\${AWS::Region}.amazoncognito.com`,
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(SecurityHeadersConfig).toMatchObject({
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: 'DENY', Override: true },
      ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: true },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 63_072_000, IncludeSubdomains: true, Override: true },
    });
    for (const behaviour of [config.DefaultCacheBehavior, ...config.CacheBehaviors])
      expect(behaviour.ResponseHeadersPolicyId).toEqual({ Ref: named(api, 'ConsoleHeaders')[0] });
  });

  it('can have an address of their own, then by TLS 1.2 only', () => {
    const context = {
      'aws:cdk:bundling-stacks': [],
      consoleDomain: 'emissions.plant.example',
      consoleCertificate: 'arn:aws:acm:us-east-1:000000000000:certificate/c',
    };
    const { app } = emissionWatch({ context, outdir: `${assemblies}/own-address` });
    const template = app.synth().getStackByName('EmissionWatch-Api').template as typeof api;
    const [found] = ofType(template, 'AWS::CloudFront::Distribution');
    expect(found![1].Properties.DistributionConfig).toMatchObject({
      Aliases: ['emissions.plant.example'],
      ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021', SslSupportMethod: 'sni-only' },
    });
    expect(template.Outputs!.ConsoleUrl!.Value).toBe('https://emissions.plant.example/');
    const wrong = { ...context, consoleCertificate: 'arn:aws:acm:eu-central-1:000000000000:certificate/c' };
    expect(() => emissionWatch({ context: wrong, outdir: `${assemblies}/wrong-address` })).toThrow(
      /in us-east-1, where CloudFront takes certificates from/,
    );
  });
});

describe('publish-console', () => {
  it('runs on every deployment that changes the console, and may replace the console’s files and nothing else', () => {
    const [, run] = named(api, 'PublishConsoleRun');
    expect(run.Properties).toMatchObject({ bundle: expect.stringMatching(/\.zip$/) });
    expect(JSON.parse(text(run.Properties.config))).toEqual({
      auth: {
        kind: 'cognito',
        domain: `https://emissionwatch-\${AWS::AccountId}.auth.\${AWS::Region}.amazoncognito.com`,
        clientId: `\${${named(api, 'PeopleConsole')[0]}}`,
      },
    });
    expect(run.DependsOn).toContain(named(api, 'PublishConsoleRoleDefaultPolicy')[0]);
    const bucket = `\${${named(api, 'ConsoleFiles')[0]}.Arn}`;
    const onFiles = may('PublishConsole').filter(({ Action }) =>
      list(Action).some((action) => action.startsWith('s3:')),
    );
    expect(onFiles.map(({ Action, Resource }) => [Action, text(Resource)])).toEqual([
      [['s3:DeleteObject', 's3:PutObject'], `${bucket}/console/*`],
      ['s3:ListBucket', bucket],
    ]);
    expect(properties('PublishConsoleFunction').ReservedConcurrentExecutions).toBe(1);
  });
});

it('whoever deploys is told where the console is', () => {
  const told = ['AdministratorPolicyArn', 'ApiUrl', 'ConsoleUrl', 'UserPoolClientId', 'UserPoolId'];
  expect(Object.keys(api.Outputs!)).toEqual(expect.arrayContaining(told));
});
