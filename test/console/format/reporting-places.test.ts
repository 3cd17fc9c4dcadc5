import { describe, expect, it } from 'vitest';
import { PARAMETERS } from '#core/contracts/emission-hour';
import { TOTALS } from '#core/hour/parameters';
import { EQ_19_1 } from '#core/rules/cfr40-60/method-19';
import { EQ_D_12, EQ_D_15A } from '#core/rules/cfr40-75/appendix-d';
import { EQ_F_1, EQ_F_5, EQ_F_6, EQ_F_11, EQ_F_15, EQ_F_24A } from '#core/rules/cfr40-75/appendix-f';
import { EQ_G_4 } from '#core/rules/cfr40-75/appendix-g';
import { hourOfText } from '#core/time';
import { OPERATING_TIME_PLACES, placesOfMany, reportingPlaces } from '../../../console/format/reporting-places.ts';
import { measuredHours } from '../fixture/measured.ts';

describe('the decimals with which an hourly value is shown', () => {
  it.each([
    ['heatInputRate', EQ_D_15A],
    ['heatInputRate', EQ_F_15],
    ['noxRate', EQ_19_1],
    ['noxRate', EQ_F_5],
    ['noxRate', EQ_F_6],
    ['noxMassRate', EQ_F_24A],
    ['co2MassRate', EQ_G_4],
    ['co2MassRate', EQ_F_11],
    ['so2MassRate', EQ_F_1],
    ['so2MassRate', EQ_D_12],
  ] as const)('of %s by %j are those to which the equation rounds', (parameter, { equation, places }) => {
    expect(reportingPlaces(parameter, equation)).toBe(places);
  });

  it('of a total are those to which it is rounded, or those of the factors of an exact product', () => {
    for (const [parameter, total] of Object.entries(TOTALS)) {
      const [rate] = total.of;
      const exact = reportingPlaces(rate) + OPERATING_TIME_PLACES;
      expect(reportingPlaces(parameter as 'heatInput')).toBe('places' in total ? total.places : exact);
    }
  });

  it('never cut a stored value short', () => {
    const hours = measuredHours({
      facility: '99101',
      source: 'CT1',
      utcOffsetMinutes: -420,
      seed: 1,
      end: hourOfText('2026-11-24T12:00Z'),
      mean: 0.0118,
      lastHours: 0,
    });
    for (const { values } of hours)
      for (const parameter of PARAMETERS) {
        const { value, equation } = values[parameter] ?? { value: null, equation: '' };
        const decimals = value?.split('.')[1]?.length ?? 0;
        expect(decimals).toBeLessThanOrEqual(reportingPlaces(parameter, equation));
      }
  });

  it('are alike in a series whose equation is not told', () => {
    expect(placesOfMany('so2MassRate', [0.18, 0.1234, null])).toBe(4);
    expect(placesOfMany('noxRate', [0.18, null])).toBe(3);
    expect(placesOfMany('noxRate', [])).toBe(3);
  });
});
