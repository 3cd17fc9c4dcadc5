import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { usageFile } from '../../../local/iam-usage.ts';
import { createGuard, LOCAL_RUNNER } from '../../../local/services/iam/create-guard.ts';
import { temporaryFolder } from '../temporary.ts';

const ROLE = 'arn:aws:iam::000000000000:role/validate';
const STREAM = 'arn:aws:kinesis:us-east-1:000000000000:stream/minutes';

const guardFor = (dataDir: string, actions: readonly string[] = ['kinesis:PutRecords', 'kinesis:GetRecords']) =>
  createGuard({
    account: '000000000000',
    earlier: usageFile(dataDir).read(),
    policies: {
      roles: [
        {
          arn: ROLE,
          trust: {
            name: 'App/Role',
            kind: 'trust',
            document: {
              Version: '2012-10-17',
              Statement: [
                { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
              ],
            },
          },
        },
      ],
      identity: [
        {
          holder: ROLE,
          policy: {
            name: 'App/Policy',
            kind: 'identity',
            document: {
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', Action: actions, Resource: STREAM }],
            },
          },
        },
      ],
      resource: [],
    },
  });

const uses = (guard: ReturnType<typeof guardFor>) =>
  Object.fromEntries(guard.iamUsage().grants.map((grant) => [grant.action, grant.uses]));

describe('the record of used permissions', () => {
  it('counts every request that a permission allowed, over all runs with a data folder', () => {
    const dataDir = temporaryFolder();
    const first = guardFor(dataDir);
    for (let i = 0; i < 3; i++) first.check(first.role(ROLE), 'kinesis:PutRecords', STREAM);
    expect(uses(first)).toEqual({ 'kinesis:PutRecords': 3, 'kinesis:GetRecords': 0, 'sts:AssumeRole': 0 });
    usageFile(dataDir).write(first.iamUsage());

    const second = guardFor(dataDir);
    second.check(second.role(ROLE, { service: 'lambda.amazonaws.com' }), 'kinesis:PutRecords', STREAM);
    expect(uses(second)).toEqual({ 'kinesis:PutRecords': 4, 'kinesis:GetRecords': 0, 'sts:AssumeRole': 1 });
  });

  it('says who holds a permission, and where it stands', () => {
    expect(guardFor(temporaryFolder()).iamUsage().grants[0]).toEqual({
      holder: ROLE,
      policy: 'App/Policy',
      statement: 0,
      action: 'kinesis:PutRecords',
      resource: STREAM,
      uses: 0,
    });
  });

  it('forgets a permission that the templates no longer have', () => {
    const dataDir = temporaryFolder();
    const first = guardFor(dataDir);
    first.check(first.role(ROLE), 'kinesis:PutRecords', STREAM);
    usageFile(dataDir).write(first.iamUsage());
    expect(uses(guardFor(dataDir, ['kinesis:GetRecords']))).toEqual({ 'kinesis:GetRecords': 0, 'sts:AssumeRole': 0 });
  });

  it('keeps what was refused, and how often', () => {
    const dataDir = temporaryFolder();
    const guard = guardFor(dataDir);
    for (let i = 0; i < 2; i++)
      expect(() => guard.check(guard.role(ROLE), 'kinesis:DeleteStream', STREAM)).toThrow(/not authorized/);
    usageFile(dataDir).write(guard.iamUsage());
    expect(JSON.parse(readFileSync(join(dataDir, 'iam-usage.json'), 'utf8')).refusals).toEqual([
      { caller: ROLE, action: 'kinesis:DeleteStream', resource: STREAM, times: 2 },
    ]);
  });

  it('keeps no "no" to what only decides how much an answer says', () => {
    const guard = guardFor(temporaryFolder());
    const role = guard.role(ROLE);
    expect(guard.allows(role, 'kinesis:DeleteStream', STREAM)).toBe(false);
    expect(guard.iamUsage().refusals).toEqual([]);
    expect(guard.allows(role, 'kinesis:PutRecords', STREAM)).toBe(true);
    expect(uses(guard)).toMatchObject({ 'kinesis:PutRecords': 1 });
  });

  it('leaves out what this machine does for itself', () => {
    const guard = guardFor(temporaryFolder());
    guard.check({ arn: LOCAL_RUNNER }, 'kinesis:PutRecords', STREAM);
    expect(uses(guard)).toEqual({ 'kinesis:PutRecords': 0, 'kinesis:GetRecords': 0, 'sts:AssumeRole': 0 });
  });

  it('of another version of the program stops the start instead of being lost', () => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, 'iam-usage.json'), '{"v":2}');
    expect(() => guardFor(dataDir)).toThrow(/iam-usage.json/);
  });
});
