import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { cloudWatchAlarms } from '#adapters/cloudwatch-alarms';
import { s3Download } from '#adapters/s3-download';
import { facilityState, type Standing, shareOfLimit } from '#core/compliance/facility-state';
import { alarmSettings } from '#core/contracts/alarm';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import { csv } from '../../../functions/serve-api/csv.ts';

describe('the alarms on the system', () => {
  const pages = [
    {
      MetricAlarms: [
        {
          AlarmName: 'EmissionWatch-StreamLag',
          AlarmDescription: 'Minutes wait. Runbook: docs/runbooks/stream-lag.md',
          StateValue: 'ALARM',
          StateReason: 'Threshold crossed',
          StateUpdatedTimestamp: new Date('2026-03-01T10:00:00Z'),
        },
        {
          AlarmName: 'EmissionWatch-Processing-IngestCanaryAlarm4F1B2C3D-9ZXY',
          AlarmDescription: 'Errors of the new version while it is deployed',
          StateValue: 'OK',
        },
      ],
      NextToken: 'more',
    },
    {
      CompositeAlarms: [
        {
          AlarmName: 'EmissionWatch-Data',
          StateValue: 'OK',
          AlarmDescription: 'All of it. Runbook: docs/runbooks/data.md',
        },
      ],
    },
  ];

  const fake = () => {
    const asked: unknown[] = [];
    const send = ({ input }: { input: { NextToken?: string } }) => {
      asked.push(input);
      return Promise.resolve(input.NextToken ? pages[1] : pages[0]);
    };
    return { asked, client: { send } as unknown as Pick<CloudWatchClient, 'send'> };
  };

  it('are metric alarms and composite ones, by name, each with its runbook; those of a deployment have none and are left out', async () => {
    const { asked, client } = fake();
    expect(await cloudWatchAlarms(client)()).toEqual([
      {
        name: 'EmissionWatch-Data',
        description: 'All of it. Runbook: docs/runbooks/data.md',
        state: 'OK',
        since: null,
        reason: '',
        composite: true,
        runbook: 'data.md',
      },
      {
        name: 'EmissionWatch-StreamLag',
        description: 'Minutes wait. Runbook: docs/runbooks/stream-lag.md',
        state: 'ALARM',
        since: '2026-03-01T10:00:00.000Z',
        reason: 'Threshold crossed',
        composite: false,
        runbook: 'stream-lag.md',
      },
    ]);
    expect(asked).toMatchObject([
      { AlarmNamePrefix: 'EmissionWatch-', AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] },
      { NextToken: 'more' },
    ]);
  });

  it('are asked for again after 15 seconds, however many want to know', async () => {
    const { asked, client } = fake();
    let now = 1_000_000;
    const alarms = cloudWatchAlarms(client, () => now);
    await alarms();
    now += 14_999;
    await alarms();
    expect(asked).toHaveLength(2);
    now += 1;
    await alarms();
    expect(asked).toHaveLength(4);
  });
});

describe('a link to a file of a report', () => {
  it('is signed for this file and this time alone, and names the file', async () => {
    const client = new S3Client({
      region: 'us-east-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    });
    const url = new URL(
      await s3Download('archive', client)('reports/HAY/2026-Q1/r1/report.html', 'HAY-2026-Q1-r1.html', 300),
    );
    expect(url.pathname).toMatch(/\/reports\/HAY\/2026-Q1\/r1\/report\.html$/);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('300');
    expect(url.searchParams.get('response-content-disposition')).toBe('inline; filename="HAY-2026-Q1-r1.html"');
    expect(url.searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the state of a facility', () => {
  const record = (average: string | null, state: ComplianceRecord['state'] = 'within') =>
    ({ average, limit: '0.1', state }) as ComplianceRecord;
  const standing = (over: Partial<Standing>): Standing => ({
    silentMinutes: 0,
    worst: record('0.05'),
    openAlarms: [],
    settings: alarmSettings.parse({}),
    ...over,
  });

  it.each([
    ['ok', {}],
    ['ok', { worst: null }],
    ['ok', { worst: record('0.0799') }],
    ['warning', { worst: record('0.08') }],
    ['warning', { openAlarms: ['analyser-fault'] }],
    ['exceedance', { worst: record('0.11', 'exceedance'), openAlarms: ['limit-warning'] }],
    ['exceedance', { openAlarms: ['exceedance'] }],
    ['ok', { silentMinutes: 9 }],
    ['stopped', { silentMinutes: 10, worst: record('0.11', 'exceedance') }],
    ['stopped', { silentMinutes: null }],
    ['stopped', { openAlarms: ['data-stopped'] }],
  ] as const)('is %s by %j', (state, over) => expect(facilityState(standing(over))).toBe(state));

  it('tells the share of a limit to four digits, also of a limit of nothing', () => {
    expect(shareOfLimit({ average: '0.0837519', limit: '0.1' })).toBe(0.8375);
    expect(shareOfLimit({ average: null, limit: '0.1' })).toBe(undefined);
    expect(Number.isFinite(shareOfLimit({ average: '1', limit: '0' }))).toBe(true);
  });
});

describe('a CSV file', () => {
  it('quotes by RFC 4180 and leaves what is empty empty', () =>
    expect(csv([['a,b', 'say "x"', 'two\r\nlines', null, 0, 'plain']])).toBe(
      '"a,b","say ""x""","two\r\nlines",,0,plain\r\n',
    ));

  it.each(['=1+1', '+1+1', '-cmd', '@SUM(A1)', '\t=1', '\r=1'])(
    'makes text of what a spreadsheet would run: %j',
    (text) => expect(csv([[text]])).toMatch(/^"?'/),
  );

  it.each(['-12.5', '0.088', '12'])('leaves the number %s a number', (text) =>
    expect(csv([[text]])).toBe(`${text}\r\n`),
  );
});
