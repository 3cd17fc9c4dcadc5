import { describe, expect, it } from 'vitest';
import { emfReader } from '../../../local/services/cloudwatch/emf.ts';
import type { MetricId } from '../../../local/services/cloudwatch/metric-store.ts';

const line = (
  members: object,
  metrics: readonly string[],
  dimensions: readonly (readonly string[])[] = [['service']],
) =>
  `${JSON.stringify({
    _aws: {
      Timestamp: 1,
      CloudWatchMetrics: [
        {
          Namespace: 'EmissionWatch',
          Dimensions: dimensions,
          Metrics: metrics.map((Name) => ({ Name, Unit: 'Count' })),
        },
      ],
    },
    service: 'close-periods',
    ...members,
  })}\n`;

const read = (...chunks: readonly (string | Buffer)[]) => {
  const counted: [MetricId, number][] = [];
  const take = emfReader((id, value) => counted.push([id, value]));
  for (const chunk of chunks) take(Buffer.from(chunk));
  return counted.map(([{ name, dimensions }, value]) => [name, dimensions, value]);
};

describe('metrics in the lines of a function', () => {
  const service = { service: 'close-periods' };
  it('each metric counts under its dimensions', () => {
    expect(read(line({ HoursClosed: 3, Facilities: 2 }, ['HoursClosed', 'Facilities']))).toEqual([
      ['HoursClosed', service, 3],
      ['Facilities', service, 2],
    ]);
    expect(read(line({ Gap: 4, class: 'lost' }, ['Gap'], [['service', 'class'], []]))).toEqual([
      ['Gap', { service: 'close-periods', class: 'lost' }, 4],
      ['Gap', {}, 4],
    ]);
  });

  it('a list is as many values', () => {
    expect(read(line({ Age: [1, 2] }, ['Age']))).toEqual([
      ['Age', service, 1],
      ['Age', service, 2],
    ]);
  });

  it('among other lines, and in chunks cut anywhere, it is counted once', () => {
    const text = `{"level":"INFO","message":"a"}\n${line({ A: 1 }, ['A'])}not JSON "_aws"\n${line({ A: 2 }, ['A'])}{"level":"WARN"`;
    for (let cut = 0; cut <= text.length; cut++)
      expect(read(text.slice(0, cut), text.slice(cut), '}\n')).toEqual([
        ['A', service, 1],
        ['A', service, 2],
      ]);
  });

  it('a metric without a value is passed over, the others count', () => {
    expect(read(line({ A: 'x', B: 1 }, ['A', 'B', 'C']))).toEqual([['B', service, 1]]);
  });
});
