import { wrapped } from '../output.ts';
import type { Finding } from './finding.ts';

const WIDTH = 100;
const CHECK = 16;

/** A line for each finding, and what to do below it. A command line stays in one piece, so that it can be copied. */
export const reportOf = (findings: readonly Finding[]): string[] => {
  const indent = ' '.repeat(6 + CHECK);
  const lines = findings.flatMap(({ check, state, finding, wayOut }) => {
    const [first = '', ...more] = wrapped(finding, WIDTH - indent.length);
    return [
      `${state.padEnd(6)}${check.padEnd(CHECK)}${first}`,
      ...more.map((line) => indent + line),
      ...(wayOut ? [`${indent}-> ${wayOut}`] : []),
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
