import { describe, expect, it } from 'vitest';
import { progress } from '../../local/progress.ts';

const run = (isTTY: boolean, times: readonly number[]) => {
  let text = '';
  let i = 0;
  const bar = progress({ isTTY, write: (more) => (text += more) }, () => times[Math.min(i++, times.length - 1)]!);
  return { bar, text: () => text };
};

describe('progress', () => {
  it('is a bar that stays on its line on a terminal', () => {
    const { bar, text } = run(true, [0]);
    bar.show(50, 200, 'half of a half');
    bar.clear();
    expect(text()).toBe('\r\u001b[K  [######..................]  25 % half of a half\r\u001b[K');
  });

  it('never is longer than a line of 80 columns', () => {
    const { bar, text } = run(true, [0]);
    bar.show(1, 3, 'x'.repeat(200));
    expect(text().replace('\r\u001b[K', '').length).toBeLessThan(80);
  });

  it('is a plain line now and then elsewhere', () => {
    const { bar, text } = run(false, [0, 0, 1000, 6000, 6000]);
    bar.show(1, 4, 'one');
    bar.show(2, 4, 'two');
    bar.show(3, 4, 'three');
    bar.clear();
    expect(text()).toBe('            25 % one\n            75 % three\n');
  });
});
