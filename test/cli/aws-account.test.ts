import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { awsAccount } from '../../cli/preflight/aws-account.ts';
import { findingsOf } from '../../cli/preflight/checks.ts';

// The real SDK clients, against a server that answers as each service's API reference says.

type Answer = readonly [status: number, body: unknown];

const asked: string[] = [];
let answers: Readonly<Record<string, Answer>> = {};
let server: Server;
let account: ReturnType<typeof awsAccount>;

/** `Service.Operation` of a JSON request, `Action` of a query request, method and path of a REST request. */
const operationOf = ({ headers, method, url }: IncomingMessage, body: string): string => {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target;
  return new URLSearchParams(body).get('Action') ?? `${method} ${new URL(url!, 'http://x').pathname}`;
};

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const operation = operationOf(request, body);
    asked.push(operation);
    const named = new URLSearchParams(body).get('StackName') ?? new URLSearchParams(body).get('TypeName');
    const answer = answers[`${operation} ${named}`] ?? answers[operation];
    if (!answer) return void response.writeHead(500).end(`no answer to ${operation}`);
    const [status, content] = answer;
    if (typeof content === 'string')
      return void response.writeHead(status, { 'content-type': 'text/xml' }).end(content);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(content));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  account = awsAccount({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
afterAll(
  () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
);
beforeEach(() => {
  asked.length = 0;
  answers = READY;
});

const query = (action: string, result: string): Answer => [
  200,
  `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
];
const queryError = (code: string, message: string): Answer => [
  400,
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
];
const stack = (status: string, outputs: Readonly<Record<string, string>> = {}): Answer =>
  query(
    'DescribeStacks',
    `<Stacks><member><StackName>x</StackName><CreationTime>2026-11-24T00:00:00Z</CreationTime><StackStatus>${status}</StackStatus><Outputs>${Object.entries(
      outputs,
    )
      .map(([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`)
      .join('')}</Outputs><Tags><member><Key>profile</Key><Value>large</Value></member></Tags></member></Stacks>`,
  );

const READY: Readonly<Record<string, Answer>> = {
  GetCallerIdentity: query(
    'GetCallerIdentity',
    '<Arn>arn:aws:iam::123456789012:user/deployer</Arn><UserId>AIDA</UserId><Account>123456789012</Account>',
  ),
  'GET /2016-08-19/account-settings': [
    200,
    { AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 993 } },
  ],
  'GET /2019-09-30/functions/validate/concurrency': [200, { ReservedConcurrentExecutions: 7 }],
  'ServiceQuotasV20190624.ListRequestedServiceQuotaChangeHistoryByQuota': [
    200,
    {
      RequestedQuotas: [
        { DesiredValue: 500, Status: 'DENIED', Created: 1_700_000_000 },
        { DesiredValue: 1000, Status: 'CASE_OPENED', Created: 1_800_000_000 },
      ],
    },
  ],
  'DescribeStacks CDKToolkit': stack('UPDATE_COMPLETE', { BootstrapVersion: '28' }),
  'DescribeStacks EmissionWatch-Storage': stack('UPDATE_COMPLETE'),
  DescribeStacks: queryError('ValidationError', 'Stack with id EmissionWatch-Ingest does not exist'),
  ListStackResources: query(
    'ListStackResources',
    ['AWS::Kinesis::Stream measurements', 'AWS::KMS::Key key-1', 'AWS::Lambda::Function validate']
      .map((text) => text.split(' '))
      .map(
        ([type, id]) =>
          `<member><ResourceType>${type}</ResourceType><LogicalResourceId>The${id}</LogicalResourceId><PhysicalResourceId>${id}</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2026-11-24T00:00:00Z</LastUpdatedTimestamp></member>`,
      )
      .join('')
      .replace(/^/, '<StackResourceSummaries>')
      .concat('</StackResourceSummaries>'),
  ),
  DescribeType: query('DescribeType', '<TypeName>AWS::IoT::Policy</TypeName>'),
  'DescribeType AWS::Nowhere::Thing': queryError('TypeNotFoundException', 'The specified type does not exist'),
  'Timestream_20181101.DescribeEndpoints': [
    200,
    { Endpoints: [{ Address: 'ingest-cell1.timestream.eu-central-1.amazonaws.com', CachePeriodInMinutes: 1440 }] },
  ],
  'GET /endpoint': [200, { endpointAddress: 'abc-ats.iot.eu-central-1.amazonaws.com' }],
  'Kinesis_20131202.DescribeLimits': [
    200,
    { ShardLimit: 500, OpenShardCount: 3, OnDemandStreamCount: 0, OnDemandStreamCountLimit: 50 },
  ],
  'Kinesis_20131202.DescribeStreamSummary': [200, { StreamDescriptionSummary: { OpenShardCount: 1 } }],
  'TrentService.DescribeKey': [200, { KeyMetadata: { KeyId: 'key-1', KeyState: 'Enabled' } }],
  'TrentService.ListKeys': [200, { Keys: [], Truncated: false }],
};

describe('the account, through the SDK', () => {
  it('is asked for what the checks need to know', async () => {
    expect(await account.identity()).toEqual({
      account: '123456789012',
      arn: 'arn:aws:iam::123456789012:user/deployer',
    });
    expect(await account.concurrency()).toEqual({ quota: 1000, unreserved: 993 });
    expect(await account.reservedBy('validate')).toBe(7);
    expect(await account.iotEndpoint()).toBe('abc-ats.iot.eu-central-1.amazonaws.com');
    expect(await account.shards()).toEqual({ open: 3, limit: 500 });
    expect(await account.openShardsOf('measurements')).toBe(1);
    expect(await account.keyState('key-1')).toBe('Enabled');
    await expect(account.useTimestream()).resolves.toBeUndefined();
    await expect(account.useKms()).resolves.toBeUndefined();
  });

  it('tells the latest request for more concurrent executions, whatever the order of the answer', async () => {
    expect(await account.concurrencyRequest()).toEqual({ desired: 1000, status: 'CASE_OPENED' });
  });

  it('tells a stack that does not exist from one that does', async () => {
    expect(await account.stack('CDKToolkit')).toEqual({
      status: 'UPDATE_COMPLETE',
      outputs: { BootstrapVersion: '28' },
      tags: { profile: 'large' },
    });
    expect(await account.stack('EmissionWatch-Ingest')).toBeUndefined();
    expect(await account.resourcesOf('EmissionWatch-Storage')).toContainEqual({
      type: 'AWS::KMS::Key',
      logicalId: 'Thekey-1',
      physicalId: 'key-1',
    });
  });

  it('tells a type that CloudFormation does not know from one that it does', async () => {
    expect(await account.knowsType('AWS::IoT::Policy')).toBe(true);
    expect(await account.knowsType('AWS::Nowhere::Thing')).toBe(false);
  });
});

describe('the whole preflight, through the SDK', () => {
  const planned = {
    stacks: ['EmissionWatch-Storage', 'EmissionWatch-Ingest'],
    bootstrapVersion: 6,
    types: ['AWS::IoT::Policy', 'AWS::Timestream::Table'],
    reserved: 9,
    streams: [{ stack: 'EmissionWatch-Storage', logicalId: 'Themeasurements', shards: 2 }],
  };
  const stateOf = async (check: string) =>
    (await findingsOf(account, planned)).find((finding) => finding.check === check);

  it('passes where all is well, and asks for each stack once', async () => {
    const findings = await findingsOf(account, planned);
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(asked.filter((operation) => operation === 'DescribeStacks')).toHaveLength(3);
    expect(asked.filter((operation) => operation === 'ListStackResources')).toHaveLength(1);
  });

  it('reads Timestream’s refusal of a new customer', async () => {
    const message =
      'Only existing Timestream for LiveAnalytics customers can access the service. Reach out to AWS support, for more information.';
    answers = {
      ...READY,
      'Timestream_20181101.DescribeEndpoints': [403, { __type: 'AccessDeniedException', message }],
    };
    expect(await stateOf('timestream')).toMatchObject({
      state: 'fail',
      wayOut: expect.stringContaining('-c timeSeriesStore=aurora'),
    });
  });

  it('reads IAM’s refusal, of Timestream and of CloudFormation, as a missing permission', async () => {
    const denial = (action: string) =>
      `User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: ${action}`;
    answers = {
      ...READY,
      'Timestream_20181101.DescribeEndpoints': [
        400,
        { __type: 'AccessDeniedException', message: denial('timestream:DescribeEndpoints') },
      ],
      DescribeType: queryError('AccessDenied', denial('cloudformation:DescribeType')),
    };
    expect(await stateOf('timestream')).toMatchObject({ state: 'warn' });
    expect(await stateOf('services')).toMatchObject({ state: 'warn' });
  });

  it('reads STS’s refusal of old credentials, and asks nobody else', async () => {
    answers = {
      GetCallerIdentity: queryError('ExpiredToken', 'The security token included in the request is expired'),
    };
    expect(await findingsOf(account, planned)).toEqual([
      {
        check: 'credentials',
        state: 'fail',
        finding: 'AWS refuses the credentials (The security token included in the request is expired)',
        wayOut: expect.stringMatching(/^sign in with `aws sso login`.*; see `aws sts get-caller-identity`$/),
      },
    ]);
    expect(asked).toEqual(['GetCallerIdentity']);
  });

  it('an AWS that does not answer is told as such', async () => {
    const nobody = awsAccount({
      region: 'eu-central-1',
      endpoint: 'http://127.0.0.1:1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    expect((await findingsOf(nobody, planned))[0]).toMatchObject({
      state: 'fail',
      finding: expect.stringMatching(/^no answer/),
    });
  });
});
