import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateJobCommand, DescribeJobExecutionCommand } from '@aws-sdk/client-iot';
import { GetThingShadowCommand, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentReport } from '#core/contracts/agent-report';
import { ACCOUNT, REGION } from '../../local/template/identity.ts';
import { type OwnCloud, startOwnCloud } from '../local/iot/own-cloud.ts';
import { startAgentProcess } from './agent-process.ts';
import { csvOf } from './epa-data.ts';
import { replayPlan } from './replay-plan.ts';
import { temporaryFolder } from './temporary.ts';

const THING = 'edge-7953';
let cloud: OwnCloud;
beforeAll(async () => {
  cloud = await startOwnCloud();
}, 120_000);
afterAll(() => cloud.stop());

const eventually = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
};

describe('an agent against the templates that are deployed', () => {
  it('provisions itself, sends, rotates its certificate, answers a resend and reports', {
    timeout: 120_000,
  }, async () => {
    await cloud.devices.register({
      serialNumber: 'SN-7953',
      facility: '7953',
      thing: THING,
      registeredAt: '2025-07-01T08:00:00.000Z',
      registeredBy: 'arn:aws:iam::000000000000:user/operator',
    });
    const folder = temporaryFolder();
    const { host, port, caFile, claim } = cloud.iot;
    writeFileSync(join(folder, 'plan.json'), JSON.stringify(replayPlan(7953, ['CT1'])));
    writeFileSync(join(folder, 'hours.csv'), csvOf(Array.from({ length: 24 }, (_, hour) => ({ hour, time: '1' }))));
    const config = join(folder, 'agent.json');
    writeFileSync(
      config,
      JSON.stringify({
        serialNumber: 'SN-7953',
        claim,
        endpoint: { host, port, caFile },
        certificateFile: 'agent.pem',
        keyFile: 'agent.key',
        bufferFolder: 'buffer',
        planFile: 'plan.json',
        flowControl: 'none',
        exitWhenDone: false,
        source: { kind: 'replay', files: ['hours.csv'] },
      }),
    );
    const provisioned = await startAgentProcess(['provision', '--config', config]).ended;
    expect([provisioned.errors, provisioned.code]).toEqual(['', 0]);
    const first = readFileSync(join(folder, 'agent.pem'), 'utf8');

    const agent = startAgentProcess(['--config', config]);
    await eventually(async () => agent.events.find(({ event }) => event === 'done'));
    expect(cloud.records).toHaveLength(25);

    await cloud.control.send(
      new CreateJobCommand({
        jobId: 'rotate-1',
        targets: [`arn:aws:iot:${REGION}:${ACCOUNT}:thing/${THING}`],
        document: JSON.stringify({ v: 1, operation: 'rotate-certificate' }),
      }),
    );
    const status = await eventually(async () => {
      const { execution } = await cloud.control.send(
        new DescribeJobExecutionCommand({ jobId: 'rotate-1', thingName: THING }),
      );
      return ['QUEUED', 'IN_PROGRESS'].includes(execution!.status!) ? undefined : execution!;
    });
    expect([status.status, agent.events.filter(({ event }) => event === 'refused')]).toEqual(['SUCCEEDED', []]);
    expect(readFileSync(join(folder, 'agent.pem'), 'utf8')).not.toBe(first);

    const command = { v: 1, command: 'resend', id: 'c1', from: '2018-01-23T10:00Z', until: '2018-01-23T11:00Z' };
    await cloud.data.send(
      new PublishCommand({
        topic: `emissionwatch/v1/commands/${THING}`,
        qos: 1,
        payload: Buffer.from(JSON.stringify(command)),
      }),
    );
    const report = await eventually(async () => {
      const { payload } = await cloud.data.send(new GetThingShadowCommand({ thingName: THING }));
      const { state } = JSON.parse(Buffer.from(payload!).toString());
      const read = agentReport.parse(state.reported);
      return read.answered.length > 0 ? read : undefined;
    });
    expect(report).toMatchObject({ waiting: null, answered: [{ command: 'c1', minutes: 60 }] });
    expect(cloud.records).toHaveLength(26);
    agent.child.kill('SIGTERM');
    expect((await agent.ended).code).toBe(0);
  });
});
