#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';

const HELP = `Usage: node edge-agent/main.ts --config FILE [--config FILE ...]

Reads a facility's analysers, keeps its minutes in a buffer on disk and sends them to AWS IoT Core
until each is acknowledged. One configuration a facility; edge-agent/agent.sample.json explains the fields.

The replay source reads EPA's published hours and reconstructs minutes from them: the hours are real,
the minutes are not. It proves the pipeline, not the equations.

Writes one JSON object a line on standard output. Ends with 0 when all is sent (exitWhenDone)
or on SIGTERM and SIGINT, with 1 and a reason when it cannot go on.

  --config FILE   configuration of one facility, may be repeated
  --help          this text
`;

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { config: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!values.config) throw new Error('expected --config FILE; --help explains it');
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
  // From the second start on, the agent need not load Node's TypeScript parser: 20 MB of the 120 MB it may take.
  enableCompileCache();
  // V8 would give garbage more and more room for the sake of speed: 13 MB that a small machine at a plant better keeps.
  setFlagsFromString('--semi-space-growth-factor=1');
  const { runFacilities } = await import('./run-facilities.ts');
  await runFacilities(values.config, stop, (event) => void process.stdout.write(`${JSON.stringify(event)}\n`));
};

/** Everything is closed by now, but the IoT client's threads hold the process until its objects are collected (100 s). */
const end = (code: number): never => process.exit(code);

try {
  await main();
  end(0);
} catch (error) {
  process.stderr.write(`edge-agent: ${error instanceof Error ? error.message : error}\n`);
  end(1);
}
