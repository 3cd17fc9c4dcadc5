import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDeployment } from '#cli/deployment';

type Answer = { readonly status?: number; readonly xml: string };

const stack = (name: string, outputs: Readonly<Record<string, string>>): Answer => ({
  xml: `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks>
    <member><StackName>${name}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>
    <StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>${Object.entries(outputs)
      .map(([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`)
      .join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
});
const refusal = (code: string, message: string, status = 400): Answer => ({
  status,
  xml: `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
});
const noStack = (name: string) => refusal('ValidationError', `Stack with id ${name} does not exist`);
const caller: Answer = {
  xml: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
    <Arn>arn:aws:sts::123456789012:assumed-role/Operator/jo</Arn><UserId>u</UserId><Account>123456789012</Account>
    </GetCallerIdentityResult></GetCallerIdentityResponse>`,
};

/** CloudFormation and STS, as far as `ew` asks them. */
let answer: (query: URLSearchParams) => Answer;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { status = 200, xml } = answer(new URLSearchParams(body));
  response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
});

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint,
    AWS_ENDPOINT_URL_STS: endpoint,
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const open = () => openDeployment({ local: false, dataDir: 'unused' });

describe('the deployment in AWS', () => {
  it("is found by the stacks' outputs, in the region and as the caller of the credentials", async () => {
    const asked: (string | null)[] = [];
    answer = (query) => {
      if (query.get('Action') === 'GetCallerIdentity') return caller;
      const name = query.get('StackName')!;
      asked.push(name);
      return name.endsWith('TimeSeries') ? noStack(name) : stack(name, { Name: `of ${name}` });
    };
    const deployment = await open();
    expect(deployment.region).toBe('eu-central-1');
    expect(deployment.who).toBe('arn:aws:sts::123456789012:assumed-role/Operator/jo');
    expect(deployment.local).toBeUndefined();
    expect(deployment.clientConfig('KINESIS')).toEqual({ region: 'eu-central-1' });
    expect(deployment.output('Ingest', 'Name')).toBe('of EmissionWatch-Ingest');
    expect(asked.sort()).toEqual(
      ['Api', 'Ingest', 'Processing', 'Reporting', 'Storage', 'TimeSeries'].map((name) => `EmissionWatch-${name}`),
    );
    expect(() => deployment.output('TimeSeries', 'Name')).toThrow(
      'there is no stack EmissionWatch-TimeSeries: deploy it to eu-central-1 with `npm run deploy`, or give --region where it is',
    );
    expect(() => deployment.output('Storage', 'Other')).toThrow('stack EmissionWatch-Storage has no output Other');
  });

  it('is looked for in the region that is given', async () => {
    answer = (query) => (query.get('Action') === 'GetCallerIdentity' ? caller : noStack(query.get('StackName')!));
    const deployment = await openDeployment({ local: false, dataDir: 'unused', region: 'us-west-2' });
    expect(deployment.region).toBe('us-west-2');
    expect(deployment.clientConfig('KMS')).toEqual({ region: 'us-west-2' });
  });

  it('says who may not look at the stacks', async () => {
    const message = 'User: jo is not authorized to perform: cloudformation:DescribeStacks';
    answer = (query) => (query.get('Action') === 'GetCallerIdentity' ? caller : refusal('AccessDenied', message, 403));
    await expect(open()).rejects.toMatchObject({ name: 'AccessDenied', message });
  });

  it('says that the credentials are not good any more', async () => {
    answer = () => refusal('ExpiredToken', 'The security token included in the request is expired', 403);
    await expect(open()).rejects.toThrow(/AWS refuses the credentials \(.*expired\): sign in with `aws sso login`/);
  });
});
