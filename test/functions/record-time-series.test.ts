import { describe, expect, it } from 'vitest';
import { measurementMessage } from '#core/contracts/measurement-message';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import type { TimeSeriesStore } from '#core/ports';
import { minuteOfText } from '#core/time';
import { validateMessage } from '#core/validation/validate-message';
import { makeHandler } from '../../functions/record-time-series/handler.ts';
import { namedMinutes } from '../../functions/record-time-series/named-minutes.ts';
import { context, kinesisEvent } from './events.ts';
import { memoryTimeSeries } from './memory-time-series.ts';
import { plant } from './plant.ts';

const START = minuteOfText('2026-01-05T11:00Z');

/** What validate-measurements passes on of a message. */
const validated = (plan: MonitoringPlan, message: Record<string, unknown>) => {
  const sourceIds = new Map(plan.sources.map(({ source }, i) => [source, i + 1]));
  const read = measurementMessage.parse({ v: 1, start: '2026-01-05T11:00Z', minutes: 1, ...message });
  const result = validateMessage(read, { plan, sourceIds }, START + 60);
  if (!result.ok) throw new Error(result.reason);
  return result.validated;
};

const part = (source: string, over: Record<string, unknown> = {}) => ({
  source,
  firedSeconds: [60],
  grossLoad: [100],
  readings: [10_000, 25, 15],
  statuses: 'VVV',
  ...over,
});

const run = async (records: readonly unknown[], timeSeries: TimeSeriesStore) => {
  const handler = makeHandler({ timeSeries });
  return handler(kinesisEvent(records.map((record) => ({ key: 'P1', data: JSON.stringify(record) }))), context);
};

describe('record-time-series', () => {
  const plan = plant('P1', ['A', 'B']);
  const channels = ['gas', 'nox', 'o2'];

  it('writes each source-minute of a message with the names of the plan, its version counted from 1', async () => {
    const { timeSeries, stored } = memoryTimeSeries();
    const hour = validated(plan, {
      minutes: 2,
      channels,
      sources: [
        part('A', {
          revision: 4,
          firedSeconds: [60, 30],
          grossLoad: [100, null],
          readings: [1, 2, 3, 4, null, 6],
          statuses: 'VVVVNV',
        }),
        part('B', { firedSeconds: [0, 0], grossLoad: [0, 0], readings: [0, 0, 20, 0, 0, 20], statuses: 'VVVVVV' }),
      ],
    });
    expect(await run([hour], timeSeries)).toEqual({ batchItemFailures: [] });
    expect([...stored.keys()]).toEqual([`P1 A ${START}`, `P1 A ${START + 1}`, `P1 B ${START}`, `P1 B ${START + 1}`]);
    expect(stored.get(`P1 A ${START + 1}`)).toEqual({
      facility: 'P1',
      source: 'A',
      minute: START + 1,
      version: 5,
      firedSeconds: 30,
      grossLoad: null,
      channels,
      readings: [4, null, 6],
      statuses: 'VNV',
    });
  });

  it('names the channels of each source, also where sources of a facility differ', async () => {
    const { timeSeries, stored } = memoryTimeSeries();
    const [a, b] = plan.sources as [MonitoringPlan['sources'][number], MonitoringPlan['sources'][number]];
    const versions = b.versions.map((version) => ({
      ...version,
      channels: version.channels.map((each) => (each.channel === 'gas' ? { ...each, channel: 'oil' } : each)),
      formulas: [],
    }));
    const mixed = { ...plan, sources: [a, { ...b, versions }, { ...a, source: 'C' }] };
    await run(
      [
        validated(mixed, { channels: ['oil', 'nox', 'o2'], sources: [part('B')] }),
        validated(mixed, {
          channels: ['gas', 'nox', 'o2', 'oil'],
          sources: [
            part('A', { readings: [1, 2, 3, null], statuses: 'VVV.' }),
            part('B', { readings: [null, 2, 3, 4], statuses: '.VVV', revision: 1 }),
            part('C', { readings: [1, 2, 3, null], statuses: 'VVV.' }),
          ],
        }),
      ],
      timeSeries,
    );
    expect([...stored.values()].map(({ source, channels }) => [source, channels.join(' ')]).sort()).toEqual([
      ['A', 'gas nox o2'],
      ['B', 'oil nox o2'],
      ['C', 'gas nox o2'],
    ]);
    expect(stored.get(`P1 B ${START}`)!.readings).toEqual([4, 2, 3]);
  });

  it('passes over a message of before names were in it, and counts its minutes', async () => {
    const { channels: _, ...old } = validated(plan, { channels, sources: [part('A'), part('B')] });
    const { minutes, unnamed } = namedMinutes([old, validated(plan, { channels, sources: [part('B')] })]);
    expect(unnamed).toBe(2);
    expect(minutes.map(({ source }) => source)).toEqual(['B']);
  });

  it('fails the batch when the store fails, so that it is given again', async () => {
    const away: TimeSeriesStore = { writeMinutes: () => Promise.reject(new Error('the store is away')) };
    await expect(run([validated(plan, { channels, sources: [part('A')] })], away)).rejects.toThrow('the store is away');
  });
});
