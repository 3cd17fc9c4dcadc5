import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operatingTime } from '#core/reduction/operating-time';
import type { EpaHour } from '../../../edge-agent/sources/epa-hours.ts';
import { firedSecondsOf, minutesOfHour, signalsOfHour } from '../../../edge-agent/sources/reconstruct.ts';
import { replayPlan } from '../replay-plan.ts';

const version = replayPlan(7953, ['CT1']).sources[0]!.versions[0]!;
const hour = (change: Partial<EpaHour> = {}): EpaHour => ({
  kind: 'hour',
  file: 'hours.csv',
  line: 2,
  state: 'ID',
  orisCode: 7953,
  unit: 'CT1',
  date: '2018-01-23',
  hour: 5,
  operatingTime: '0.27',
  grossLoad: '21',
  steamLoad: null,
  so2Mass: '0.098',
  noxRate: '0.195',
  noxRateFlag: 'Measured',
  noxMass: '31.764',
  co2Mass: '9.693',
  heatInput: '162.891',
  ...change,
});

const CHANNELS = ['gas', 'nox', 'o2'];
const ROLES = { gas: 'gas', nox: 'nox', o2: 'o2' };
const minutes = (change: Partial<EpaHour>, ranBefore = false) =>
  minutesOfHour('CT1', CHANNELS, ROLES, signalsOfHour(hour(change), version), ranBefore);

describe('minutes reconstructed from an hour', () => {
  it('add up to the operating time: 0.83 h are 2988 s, 49 whole minutes and one of 48 s', () => {
    const fired = firedSecondsOf(2988, true);
    expect(fired.filter((seconds) => seconds === 60)).toHaveLength(49);
    expect(fired[49]).toBe(48);
    expect(fired.slice(50).every((seconds) => seconds === 0)).toBe(true);
  });

  it('stand at the end of the hour when the unit had been off before it', () => {
    expect(firedSecondsOf(90, false).slice(57)).toEqual([0, 30, 60]);
    expect(firedSecondsOf(90, true).slice(0, 3)).toEqual([60, 30, 0]);
  });

  it('add up for any operating time of two decimals, whole seconds and without a gap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.boolean(), (hundredths, ranBefore) => {
        const text = (hundredths / 100).toFixed(2);
        const { firedSeconds } = signalsOfHour(hour({ operatingTime: text }), version);
        const fired = firedSecondsOf(firedSeconds, ranBefore);
        expect(fired).toHaveLength(60);
        expect(fired.every((seconds) => Number.isInteger(seconds) && seconds >= 0 && seconds <= 60)).toBe(true);
        const sum = fired.reduce((a, b) => a + b, 0);
        expect(sum).toBe(hundredths * 36);
        expect(operatingTime(sum).toString()).toBe(`${hundredths / 100}`);
        const runs = fired.map((seconds) => (seconds > 0 ? '1' : '0')).join('');
        expect(runs).toMatch(/^0*1+0*$/);
        expect(runs.startsWith('1') || runs.endsWith('1')).toBe(true);
      }),
    );
  });

  it('keep an hour with the shortest operating time an operating hour', () => {
    expect(signalsOfHour(hour({ operatingTime: '0.0001' }), version).firedSeconds).toBe(1);
  });

  it('read the gas flow of the hourly heat input: 162.891 mmBtu in 0.27 h are 603.3 mmBtu/h, 6033 of 100 scf/h', () => {
    expect(signalsOfHour(hour(), version).gas).toBe(6033);
  });

  it('read the NOx of Eq. 19-1 turned round: 0.195 lb/mmBtu at 15 % O2 are 52.9 ppm dry', () => {
    // 0.195 x 5.9 / (1.194e-7 x 8710 x 20.9) = 52.93, by hand
    expect(signalsOfHour(hour(), version).nox).toBe(52.9);
  });

  it('hold readings while fuel is fired, and status O without any while it is not', () => {
    const { readings, statuses, firedSeconds, grossLoad } = minutes({});
    // 0.27 h are 972 s: the last 16 minutes, and 12 s of the one before.
    expect(firedSeconds.slice(42, 45)).toEqual([0, 12, 60]);
    expect(readings.slice(0, 3)).toEqual([null, null, null]);
    expect(statuses.slice(0, 3)).toBe('OOO');
    expect(grossLoad[0]).toBe(0);
    expect(readings.slice(-3)).toEqual([6033, 52.9, 15]);
    expect(statuses.slice(-3)).toBe('VVV');
    expect(grossLoad[59]).toBe(21);
  });

  it('mark the NOx analyser failed in an hour that EPA flags Substitute, wholly or in part', () => {
    for (const noxRateFlag of ['Substitute', 'Measured and Substitute']) {
      const { readings, statuses } = minutes({ noxRateFlag });
      expect(statuses.slice(-3)).toBe('VFV');
      expect(readings.slice(-3)).toEqual([6033, null, 15]);
    }
  });

  it('have no data where the hour has no value, and no load where it has none', () => {
    const { statuses, grossLoad } = minutes({ heatInput: null, noxRate: null, grossLoad: null });
    expect(statuses.slice(-3)).toBe('NNV');
    expect(grossLoad[59]).toBeNull();
  });

  it('take the steam load of a unit that makes no electricity', () => {
    expect(minutes({ grossLoad: null, steamLoad: '257' }).grossLoad[59]).toBe(257);
  });

  it('are off for the whole hour when the operating time is 0', () => {
    const { firedSeconds, statuses } = minutes({ operatingTime: '0', heatInput: null });
    expect(firedSeconds).toEqual(Array(60).fill(0));
    expect(statuses).toBe('O'.repeat(180));
  });
});
