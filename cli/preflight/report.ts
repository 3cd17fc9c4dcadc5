import { wrapped } from '../output.ts';
import type { Finding } from './finding.ts';

const WIDTH = 80;
const CHECK = 16;
const ARROW = '-> ';

/** A way out in lines of `width`: text is wrapped, a command goes on over lines as a shell takes it, to be copied. */
const stepsOf = (wayOut: string, width: number): string[] =>
  wayOut.split('\n').flatMap((step) => {
    if (!/^(aws|npx) /.test(step)) return wrapped(step, width);
    const lines: string[] = [];
    for (const part of step.split(/ (?=--)/)) {
      const last = lines.at(-1);
      // Room for what stands between, and for the backslash.
      if (last !== undefined && last.length + part.length + 3 <= width) lines[lines.length - 1] = `${last} ${part}`;
      else lines.push(last === undefined ? part : `  ${part}`);
    }
    return lines.map((line, i) => (i < lines.length - 1 ? `${line} \\` : line));
  });

/** A line for each finding, and what to do below it. */
export const reportOf = (findings: readonly Finding[]): string[] => {
  const indent = ' '.repeat(6 + CHECK);
  const lines = findings.flatMap(({ check, state, finding, wayOut }) => {
    const [first = '', ...more] = wrapped(finding, WIDTH - indent.length);
    return [
      `${state.padEnd(6)}${check.padEnd(CHECK)}${first}`,
      ...more.map((line) => indent + line),
      ...(wayOut ? stepsOf(wayOut, WIDTH - indent.length - ARROW.length) : []).map(
        (line, i) => indent + (i === 0 ? ARROW : ' '.repeat(ARROW.length)) + line,
      ),
    ];
  });
  const count = (wanted: Finding['state']) => findings.filter(({ state }) => state === wanted).length;
  const [failed, warned] = [count('fail'), count('warn')];
  const verdict =
    failed > 0
      ? `${failed} of ${findings.length} checks failed: a deployment would not succeed`
      : `ready to deploy${warned > 0 ? `; ${warned} of ${findings.length} checks want a look` : ''}`;
  return [...lines, '', verdict];
};
