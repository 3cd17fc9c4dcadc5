import { textOfMinute } from '#core/time';
import { type Fault, titleOf } from './script.ts';
import type { FaultSeries, MessageSeries } from './series.ts';

const BARS = '▁▂▃▄▅▆▇█';
const WIDTH = 64;

/** One value of each of `width` equal stretches: the one farthest from the middle, so that a spike is not lost. */
const thinned = (values: readonly (number | null)[], width: number): (number | null)[] => {
  if (values.length <= width) return [...values];
  const known = values.filter((value) => value !== null);
  const middle = known.toSorted((a, b) => a - b)[Math.floor(known.length / 2)] ?? 0;
  return Array.from({ length: width }, (_, i) => {
    const begin = Math.floor((i * values.length) / width);
    const stretch = values.slice(begin, Math.floor(((i + 1) * values.length) / width));
    return stretch.reduce((far, value) => {
      if (value === null || far === null) return far ?? value;
      return Math.abs(value - middle) > Math.abs(far - middle) ? value : far;
    }, null);
  });
};

/** A line of bars; a minute without a value is a blank. */
const bars = (values: readonly (number | null)[], low: number, high: number): string =>
  values
    .map((value) => {
      if (value === null) return ' ';
      const level = high > low ? (value - low) / (high - low) : 0.5;
      return BARS[Math.max(0, Math.min(7, Math.round(level * 7)))];
    })
    .join('');

const clock = (minute: number): string => textOfMinute(minute).slice(11, 16);

const arrivalsLine = ({ arrivals }: MessageSeries): string => {
  const words = arrivals.map(({ start, minutes }) =>
    minutes > 1 ? `${clock(start)}..${clock(start + minutes - 1)}` : clock(start),
  );
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n      ');
};

/** A fault in a few lines of text: bars of a channel, or the minutes of its messages as they arrive. */
export const sketch = (fault: Fault, series: FaultSeries): string => {
  if (series.kind === 'messages') return `${titleOf(fault)}\nsent  ${arrivalsLine(series)}`;
  const { source, channel, was, sent } = series;
  const known = [...was, ...sent].filter((value) => value !== null);
  const low = Math.min(...known);
  const high = Math.max(...known);
  return [
    `${titleOf(fault)}: ${source} ${channel}, ${low} to ${high}`,
    `was   ${bars(thinned(was, WIDTH), low, high)}`,
    `sent  ${bars(thinned(sent, WIDTH), low, high)}`,
  ].join('\n');
};
