import { describe, expect, it } from 'vitest';
import { compileCompositeRule } from '../../../local/services/cloudwatch/composite-rule.ts';
import type { StateValue } from '../../../local/services/cloudwatch/decide-state.ts';

const ALARMS = new Set(['Age', 'Throttled', 'Errors']);
const holds = (rule: string, states: Readonly<Record<string, StateValue>>) =>
  compileCompositeRule(rule, ALARMS)((name) => states[name] ?? 'OK');

describe('the rule of a composite alarm', () => {
  const rule =
    '((ALARM("arn:aws:cloudwatch:us-east-1:000000000000:alarm:Age")) AND (ALARM(Throttled) OR ALARM("Errors")))';
  it.each([
    [{}, false],
    [{ Age: 'ALARM' }, false],
    [{ Throttled: 'ALARM', Errors: 'ALARM' }, false],
    [{ Age: 'ALARM', Throttled: 'ALARM' }, true],
    [{ Age: 'ALARM', Errors: 'ALARM' }, true],
    [{ Age: 'ALARM', Errors: 'INSUFFICIENT_DATA' }, false],
  ] as const)('records wait and something stops them: %j is %s', (states, expected) => {
    expect(holds(rule, states)).toBe(expected);
  });

  it('AND binds closer than OR, and NOT closer than both', () => {
    expect(holds('ALARM(Age) OR ALARM(Throttled) AND ALARM(Errors)', { Age: 'ALARM' })).toBe(true);
    expect(holds('NOT ALARM(Age) AND OK(Errors)', { Errors: 'OK' })).toBe(true);
    expect(holds('INSUFFICIENT_DATA(Age)', { Age: 'INSUFFICIENT_DATA' })).toBe(true);
  });

  it('a rule that names no alarm, or is not understood, stops the start', () => {
    expect(() => compileCompositeRule('ALARM(Gone)', ALARMS)).toThrow('there is no alarm Gone');
    expect(() => compileCompositeRule('AT_LEAST(2, Age)', ALARMS)).toThrow('AT_LEAST is not known here');
    expect(() => compileCompositeRule('ALARM(Age) ALARM(Errors)', ALARMS)).toThrow('found ALARM after its end');
  });
});
