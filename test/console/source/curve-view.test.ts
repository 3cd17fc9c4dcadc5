import { describe, expect, test } from 'vitest';
import { PARAMETER_WORDS } from '../../../console/format/words.ts';
import { hoursOf, queryOf, shifted, viewOf } from '../../../console/source/curve-view.ts';

const NEWEST = '2026-11-24T11:00Z';
const view = (params: Record<string, string>) => viewOf(params, PARAMETER_WORDS);

describe('what the curves of a source show', () => {
  test('without a choice, the 24 hours up to the newest stored hour', () => {
    expect(hoursOf(view({}), NEWEST)).toEqual({ from: '2026-11-23T12:00Z', until: '2026-11-24T12:00Z' });
  });

  test('30 days are 720 hours, fewer than the thousand that the API gives', () => {
    expect(hoursOf(view({ range: '30d' }), NEWEST).from).toBe('2026-10-25T12:00Z');
  });

  test('the choice stands in the address and comes back from it', () => {
    const chosen = view({ range: '30d', parameter: 'noxMass', until: '2026-11-01T00:00Z', as: 'table' });
    expect(queryOf(chosen)).toEqual({ range: '30d', parameter: 'noxMass', until: '2026-11-01T00:00Z', as: 'table' });
    expect(queryOf(view({}))).toEqual({ range: undefined, parameter: undefined, until: undefined, as: undefined });
  });

  test('what an address does not rightly say is left aside', () => {
    expect(view({ range: 'toString', parameter: 'constructor', until: '2026-02-30T00:00Z' })).toEqual(view({}));
    expect(view({ until: '2026-11-01T00:30Z' })).toEqual(view({}));
  });

  test('one range earlier, and later again until it follows the newest hour', () => {
    const earlier = shifted(view({}), -1, NEWEST);
    expect(hoursOf(earlier, NEWEST)).toEqual({ from: '2026-11-22T12:00Z', until: '2026-11-23T12:00Z' });
    expect(shifted(earlier, 1, NEWEST)).toEqual(view({}));
  });
});
