import { describe, expect, it } from 'vitest';
import { decideState, type MissingData, type StateValue } from '../../../local/services/cloudwatch/decide-state.ts';

// The tables of "How alarm state is evaluated when data is missing" in the CloudWatch user guide: 0 is within the
// threshold, X breaches it, - is missing; the latest is on the right.
type Row = readonly [points: string, missing: string, ignore: string, breaching: string, notBreaching: string];
const THREE_OF_THREE: readonly Row[] = [
  ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
  ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
  ['- - - - -', 'INSUFFICIENT_DATA', 'as before', 'ALARM', 'OK'],
  ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['- - X - -', 'ALARM', 'as before', 'ALARM', 'OK'],
];
const TWO_OF_THREE: readonly Row[] = [
  ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - - X', 'ALARM', 'as before', 'ALARM', 'OK'],
];
const TREATMENTS: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

const stateOf = (points: string, datapointsToAlarm: number, missing: MissingData, present: StateValue) =>
  decideState(
    points.split(' ').map((point) => (point === '-' ? undefined : point === 'X' ? 1 : 0)),
    { evaluationPeriods: 3, datapointsToAlarm, missing, breaches: (value) => value > 0 },
    present,
  );

describe.each([
  ['three of three', 3, THREE_OF_THREE],
  ['two of three', 2, TWO_OF_THREE],
] as const)('%s periods make an alarm', (_, datapointsToAlarm, rows) => {
  it.each(rows)('%s: missing %s, ignore %s, breaching %s, notBreaching %s', (points, ...expected) => {
    for (const present of ['OK', 'ALARM', 'INSUFFICIENT_DATA'] as const)
      expect(TREATMENTS.map((missing) => stateOf(points, datapointsToAlarm, missing, present))).toEqual(
        expected.map((state) => (state === 'as before' ? present : state)),
      );
  });
});

describe('a single period', () => {
  const one = (points: (number | undefined)[], missing: MissingData) =>
    decideState(points, { evaluationPeriods: 1, datapointsToAlarm: 1, missing, breaches: (value) => value > 0 }, 'OK');
  it('a late data point counts for two periods more before it is taken for silence', () => {
    expect(one([1, undefined, undefined], 'notBreaching')).toBe('ALARM');
    expect(one([undefined, undefined, undefined], 'notBreaching')).toBe('OK');
  });
  it('the latest data point decides', () => {
    expect(one([1, 1, 0], 'notBreaching')).toBe('OK');
    expect(one([0, 0, 1], 'notBreaching')).toBe('ALARM');
  });
});
