import { describe, expect, it } from 'vitest';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { EpaHour } from '../../../edge-agent/sources/epa-hours.ts';
import { comparison } from '../../../local/replay/compare.ts';
import { published, storedHour } from './hours.ts';

const compare = (hour: EpaHour, stored: EmissionHour | undefined) => {
  const { counts, add } = comparison();
  add(hour, stored);
  return Object.fromEntries(Object.entries(counts).map(([name, { equal, of }]) => [name, `${equal}/${of}`]));
};
const with_ = (name: 'heatInput' | 'so2Mass', text: string) => {
  const hour = storedHour();
  return { ...hour, values: { ...hour.values, [name]: { ...hour.values[name]!, value: text } } };
};

describe('the comparison with published hours', () => {
  it('counts five values of a measured operating hour', () => {
    expect(compare(published(), storedHour())).toEqual({
      heatInput: '1/1',
      noxRate: '1/1',
      noxMass: '1/1',
      co2Mass: '1/1',
      so2Mass: '1/1',
    });
  });

  it('leaves NOx out where EPA flagged it as substitute', () => {
    expect(compare(published({ noxRateFlag: 'Substitute' }), storedHour())).toMatchObject({
      heatInput: '1/1',
      noxRate: '0/0',
      noxMass: '0/0',
    });
  });

  it('does not count an hour without operation', () => {
    expect(compare(published({ operatingTime: '0' }), undefined)).toMatchObject({ heatInput: '0/0', co2Mass: '0/0' });
  });

  it('counts a lost hour as not equal', () => {
    expect(compare(published(), undefined)).toMatchObject({ heatInput: '0/1', noxRate: '0/1' });
  });

  it('leaves out a value that the input does not publish', () => {
    expect(compare(published({ co2Mass: null }), storedHour())).toMatchObject({ co2Mass: '0/0', heatInput: '1/1' });
  });

  it('names the first values that differ', () => {
    const { differences, add } = comparison();
    for (let i = 0; i < 9; i++) add(published(), with_('heatInput', '1663.8'));
    expect(differences).toHaveLength(5);
    expect(differences[0]).toMatchObject({ value: 'heatInput', published: '1663.7', stored: '1663.8' });
  });

  it('takes equal decimals as equal however they are written, and no others', () => {
    expect(compare(published(), with_('heatInput', '1663.700'))).toMatchObject({ heatInput: '1/1' });
    expect(compare(published(), with_('heatInput', '1663.701'))).toMatchObject({ heatInput: '0/1' });
  });

  it('takes SO2 within 0.0011 lb', () => {
    expect(compare(published(), with_('so2Mass', '0.9991'))).toMatchObject({ so2Mass: '1/1' });
    expect(compare(published(), with_('so2Mass', '0.9992'))).toMatchObject({ so2Mass: '0/1' });
  });
});
