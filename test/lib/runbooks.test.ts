import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { ewProgram } from '#cli/program';
import { INGEST_DEGRADED_RUNBOOK, SYSTEM_ALARMS } from '../../lib/alarms.ts';
import { runbookIndex } from '../../lib/runbook-index.ts';

const FOLDER = 'docs/runbooks';
const pages = readdirSync(FOLDER).filter((name) => name !== 'README.md');
const textOf = (page: string) => readFileSync(`${FOLDER}/${page}`, 'utf8');

const subcommand = ({ commands }: Command, name: string | undefined) => commands.find((one) => one.name() === name);

describe('runbooks', () => {
  it.each(SYSTEM_ALARMS.map(({ title, runbook }) => ({ title, runbook })))(
    '$title is explained on the page $runbook',
    ({ title, runbook }) => {
      expect(existsSync(`${FOLDER}/${runbook}.md`)).toBe(true);
      expect(textOf(`${runbook}.md`)).toContain(`\`${title}\``);
    },
  );

  it('there is no page without an alarm', () => {
    const used = new Set([INGEST_DEGRADED_RUNBOOK, ...SYSTEM_ALARMS.map(({ runbook }) => runbook)]);
    expect(pages.map((page) => page.replace('.md', '')).sort()).toEqual([...used].sort());
  });

  it.each(pages)('%s says what it means, what to look at and how it clears', (page) => {
    const text = textOf(page);
    for (const part of ['**What it means.**', '**What to look at', '**How it clears.**']) expect(text).toContain(part);
  });

  it.each(pages)('%s links only to what exists', (page) => {
    for (const [, target] of textOf(page).matchAll(/\]\(([^)#]+)/g))
      expect([target, existsSync(`${FOLDER}/${target}`)]).toEqual([target, true]);
  });

  const commands = pages.flatMap((page) =>
    [...textOf(page).matchAll(/npm run -s ew -- (.+)/g)].map(([, line]) => ({ page, line: line! })),
  );

  it('they give commands', () => expect(commands.length).toBeGreaterThan(10));

  it.each(commands)('$page: ew $line is a command of the program', ({ line }) => {
    const words = line.match(/"[^"]*"|\S+/g)!;
    let command: Command = ewProgram();
    for (let next = subcommand(command, words[0]); next; next = subcommand(command, words[0])) {
      command = next;
      words.shift();
    }
    expect([line, command.commands.length]).toEqual([line, 0]);
    for (const [at, word] of words.entries()) {
      if (!word.startsWith('-')) continue;
      const option = command.options.find(({ long }) => long === word);
      expect([word, option]).not.toEqual([word, undefined]);
      // Throws for a value that the program would refuse.
      if (option?.required) option.parseArg?.(words[at + 1]!.replaceAll('"', ''), undefined);
    }
  });

  it('every alarm has a row in the index, which is made from the table', async () => {
    await expect(runbookIndex()).toMatchFileSnapshot(`../../${FOLDER}/README.md`);
  });
});
