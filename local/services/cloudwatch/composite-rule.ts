import type { StateValue } from './decide-state.ts';

/** Whether a composite alarm's rule holds, given the state of an alarm by its name. */
export type CompositeRule = (stateOf: (alarm: string) => StateValue) => boolean;

const STATES: Readonly<Record<string, StateValue>> = {
  ALARM: 'ALARM',
  OK: 'OK',
  INSUFFICIENT_DATA: 'INSUFFICIENT_DATA',
};

/**
 * Reads `ALARM("name or ARN") AND (OK(other) OR NOT ALARM(third))`.
 *
 * @param alarms that exist
 * @throws Error for anything else in a rule, and for an alarm that does not exist
 */
export const compileCompositeRule = (text: string, alarms: ReadonlySet<string>): CompositeRule => {
  const tokens = text.match(/"[^"]*"|[A-Za-z_]+|[()]|[^\s()"]+/g) ?? [];
  let at = 0;
  const refuse = (what: string): never => {
    throw new Error(`alarm rule "${text}": ${what}`);
  };
  const take = (expected?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (expected !== undefined && token !== expected))
      return refuse(`expected ${expected ?? 'a state'} and found ${token ?? 'the end'}`);
    return token;
  };

  const state = (wanted: StateValue): CompositeRule => {
    take('(');
    const named = take().replaceAll('"', '');
    const name = named.startsWith('arn:') ? named.split(':').slice(6).join(':') : named;
    take(')');
    if (!alarms.has(name)) refuse(`there is no alarm ${name}`);
    return (stateOf) => stateOf(name) === wanted;
  };
  const atom = (): CompositeRule => {
    const token = take();
    if (token === 'NOT') {
      const inner = atom();
      return (stateOf) => !inner(stateOf);
    }
    if (token === '(') {
      const inner = either();
      take(')');
      return inner;
    }
    return state(STATES[token] ?? refuse(`${token} is not known here`));
  };
  const both = (): CompositeRule => {
    const parts = [atom()];
    while (tokens[at] === 'AND') {
      at++;
      parts.push(atom());
    }
    return (stateOf) => parts.every((part) => part(stateOf));
  };
  const either = (): CompositeRule => {
    const parts = [both()];
    while (tokens[at] === 'OR') {
      at++;
      parts.push(both());
    }
    return (stateOf) => parts.some((part) => part(stateOf));
  };

  const whole = either();
  if (at < tokens.length) refuse(`found ${tokens[at]} after its end`);
  return whole;
};
