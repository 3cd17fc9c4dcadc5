import type { MinutePage } from '#core/contracts/api/measurements';
import { minuteOfText, textOfMinute } from '#core/time';
import { figure } from '../format/figure.ts';
import { plantTime } from '../format/plant-time.ts';
import { letterWords } from '../format/reading-status.ts';

/** `left-out`: a reading, or none, that is not valid. */
export type MinuteState = 'measured' | 'left-out' | 'not-operating' | 'not-stored';

/** One channel over consecutive minutes. */
export interface MinuteCurve {
  readonly channel: string;
  readonly unit: string;
  /** First minute, counted from 1970 in UTC. */
  readonly first: number;
  readonly readings: readonly (number | null)[];
  readonly letters: readonly string[];
  readonly states: readonly MinuteState[];
}

type Minutes = Pick<MinutePage, 'channels' | 'minutes'>;

const stateOf = (letter: string, firedSeconds: number): MinuteState =>
  firedSeconds === 0 ? 'not-operating' : letter === 'V' ? 'measured' : 'left-out';

/**
 * A channel of stored minutes, laid out from the first to the last; undefined when there is no minute or no channel.
 * @param column place of the channel
 */
export const minuteCurve = ({ channels, minutes }: Minutes, column: number): MinuteCurve | undefined => {
  const [channel, head, tail] = [channels[column], minutes[0], minutes.at(-1)];
  if (!channel || !head || !tail) return undefined;
  const first = minuteOfText(head.minute);
  const count = minuteOfText(tail.minute) - first + 1;
  const readings = new Array<number | null>(count).fill(null);
  const letters = new Array<string>(count).fill('');
  const states = new Array<MinuteState>(count).fill('not-stored');
  for (const { minute, firedSeconds, readings: row, statuses } of minutes) {
    const at = minuteOfText(minute) - first;
    const letter = statuses[column] ?? '.';
    readings[at] = row[column] ?? null;
    letters[at] = letter;
    states[at] = stateOf(letter, firedSeconds);
  }
  return { channel: channel.channel, unit: channel.unit, first, readings, letters, states };
};

/** What is known of one minute, as one sentence. */
export const minuteWords = (curve: MinuteCurve, at: number, utcOffsetMinutes: number): string => {
  const when = plantTime(textOfMinute(curve.first + at), utcOffsetMinutes);
  const reading = curve.readings[at] ?? null;
  const state = curve.states[at];
  if (state === undefined || state === 'not-stored') return `${when}: not stored`;
  const value = reading === null ? 'no reading' : `${figure(reading)} ${curve.unit}`;
  const status = letterWords(curve.letters[at] ?? '.');
  return `${when}: ${value}, ${status}${state === 'not-operating' ? ', no fuel burned' : ''}`;
};
