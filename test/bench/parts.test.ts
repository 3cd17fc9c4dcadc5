import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { chosenParts } from '../../bench/parts.ts';

const PARTS = ['core', 'pipeline', 'agent'];

describe('parts of the benchmark', () => {
  it('are all when none is named, and else those named, in their own order', () => {
    expect(chosenParts([], PARTS)).toEqual(PARTS);
    expect(chosenParts(['agent', 'core'], PARTS)).toEqual(['core', 'agent']);
  });

  it.each([
    [['pipelin'], "no part 'pipelin': there are core, pipeline, agent"],
    [['core', 'x', 'y'], "no part 'x', 'y': there are core, pipeline, agent"],
    [['--fast'], /--fast/],
  ])('%s is answered with what there is', (args, message) => {
    expect(() => chosenParts(args, PARTS)).toThrow(message);
  });

  it('are listed by --help, and for a wrong name, without a stack trace', () => {
    const help = execFileSync(process.execPath, ['bench/main.ts', '--help'], { encoding: 'utf8' });
    for (const part of ['core', 'pipeline', 'live', 'functions', 'agent']) expect(help).toContain(`\n  ${part} `);
    const wrong = spawnSync(process.execPath, ['bench/main.ts', 'everything'], { encoding: 'utf8' });
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain(
      "bench: no part 'everything': there are core, pipeline, live, api, functions, agent\n",
    );
    expect(wrong.stderr).not.toMatch(/^\s+at /m);
  });
});
