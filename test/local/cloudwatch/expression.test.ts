import { describe, expect, it } from 'vitest';
import { compileExpression, type Points } from '../../../local/services/cloudwatch/expression.ts';

const evaluate = (text: string, points: Readonly<Record<string, Points>>, periodSeconds = 60) =>
  compileExpression(
    text,
    new Set(Object.keys(points)),
  )({
    points,
    periods: Math.max(...Object.values(points).map(({ length }) => length)),
    periodSeconds,
  });

const _ = undefined;

describe('metric math', () => {
  it.each([
    ['100 * a / 240', { a: [0, 120, _, 240] }, [0, 50, _, 100]],
    ['a + b * 2 - 1', { a: [1, 2], b: [10, 20] }, [20, 41]],
    ['(a + b) * 2', { a: [1, 2], b: [10, 20] }, [22, 44]],
    ['a - b', { a: [5, _, 5], b: [1, 1, _] }, [4, _, _]],
    ['a > 3', { a: [2, 3, 4, _] }, [0, 0, 1, _]],
    ['a >= b', { a: [1, 2], b: [2, 2] }, [0, 1]],
    ['FILL(a, 0)', { a: [_, 7, _] }, [0, 7, 0]],
    ['FILL(a, 0) - FILL(b, 0)', { a: [5, _], b: [_, 2] }, [5, -2]],
    ['100 * FILL(a, 0) / b', { a: [_, 1, _], b: [10, 10, _] }, [0, 10, _]],
    ['a / b', { a: [1, 1], b: [0, 2] }, [_, 0.5]],
    ['IF(a > 0, b, 0)', { a: [1, 0, _, 2], b: [7, 7, 7, _] }, [7, 0, _, _]],
    ['MAX([a, b])', { a: [1, 5], b: [3, 2] }, [3, 5]],
    ['SUM([a, b, 1])', { a: [1, 5], b: [3, _] }, [5, _]],
  ] as const)('%s of %j is %j', (text, points, expected) => {
    expect(evaluate(text, points)).toEqual(expected);
  });

  it('RATE is the change a second since the last value there was', () => {
    expect(evaluate('RATE(a)', { a: [0, 60, _, 300] })).toEqual([_, 1, _, 2]);
    expect(evaluate('RATE(a)', { a: [0, 300] }, 300)).toEqual([_, 1]);
  });

  it('tells a reader that stands still from one that has nothing to do, as deployments ask', () => {
    const text = 'IF(FILL(runs, 0) > 0, RATE(age), 0)';
    // Milliseconds of age: a second more each second; then no invocation of the new version.
    expect(evaluate(text, { runs: [1, 1, 1, _], age: [0, 60_000, 120_000, 180_000] })).toEqual([_, 1000, 1000, 0]);
  });

  it.each([
    ['AVG(a)', 'function AVG is not known here'],
    ['SEARCH("x")', 'function SEARCH is not known here'],
    ['a +', 'expected a value and found the end'],
    ['a b', 'found b after its end'],
    ['other + 1', 'other is no id of this alarm'],
    ['FILL(a)', 'FILL takes 2 values, given 1'],
    ['a && a', 'found & after its end'],
  ])('%s is refused: %s', (text, why) => {
    expect(() => evaluate(text, { a: [1] })).toThrow(why);
  });
});
