#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import type { AgentEvent } from './events.ts';
import { givenPath } from './given-path.ts';
import { WrongUsage } from './wrong-usage.ts';

const HELP = `Usage: npm run -s edge -- [run] --config FILE [--config FILE ...]
       npm run -s edge -- provision --config FILE [options]
       npm run -s edge -- simulate --plan FILE --from MINUTE --until MINUTE [options]

run: reads a facility's analysers, keeps its minutes in a buffer on disk and
sends them to AWS IoT Core until each is acknowledged. One configuration a
facility; edge-agent/agent.sample.json explains the fields.

The replay source reads EPA's published hours and reconstructs minutes from
them: the hours are real, the minutes are not. It proves the pipeline, not the
equations.

Writes one JSON object a line on standard output. Ends with 0 when all is sent
(exitWhenDone) or on SIGTERM and SIGINT, with 1 and a reason when it cannot go
on, with 2 when the command line is wrong.

provision: gets this device its certificate. simulate: writes the messages of a simulated plant.
Each has a --help of its own.

  --config FILE   configuration of one facility, may be repeated
  --help          this text
`;

const report = (event: AgentEvent) => void process.stdout.write(`${JSON.stringify(event)}\n`);

const run = async (args: string[]): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: { config: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!values.config) throw new WrongUsage('expected --config FILE; --help explains it');
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
  // From the second start on, the agent need not load Node's TypeScript parser: 20 MB of the 120 MB it may take.
  enableCompileCache();
  // V8 would give garbage more and more room for the sake of speed: 13 MB that a small machine at a plant better keeps.
  setFlagsFromString('--semi-space-growth-factor=1');
  const { runFacilities } = await import('./run-facilities.ts');
  await runFacilities(values.config.map(givenPath), stop, report);
};

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  run,
  provision: async (args) => (await import('./provision-command.ts')).provisionCommand(args, report),
  simulate: async (args) => (await import('./faults/simulate-command.ts')).simulateCommand(args),
};

const main = async (): Promise<void> => {
  const [name = '', ...rest] = process.argv.slice(2);
  if (name === '' || name.startsWith('-')) return run(process.argv.slice(2));
  const command = COMMANDS[name];
  if (!command) throw new WrongUsage(`expected ${Object.keys(COMMANDS).join(', ')}, got ${name}; --help explains it`);
  await command(rest);
};

/** Everything is closed by now, but the IoT client's threads hold the process until its objects are collected (100 s). */
const end = (code: number): never => process.exit(code);

const isWrongUsage = (error: unknown): boolean =>
  error instanceof WrongUsage || /^ERR_PARSE_ARGS_/.test((error as { code?: string } | null)?.code ?? '');

const fail = (error: unknown): never => {
  process.stderr.write(`edge-agent: ${error instanceof Error ? error.message : error}\n`);
  return end(isWrongUsage(error) ? 2 : 1);
};
// The buffer's library rejects promises of its own when the disk fails; the next start finds what was kept.
process.on('unhandledRejection', fail);

try {
  await main();
  end(0);
} catch (error) {
  fail(error);
}
