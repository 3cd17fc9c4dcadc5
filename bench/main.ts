// npm run bench [-- PART ...]: one line of JSON a figure.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchAgent } from './agent.ts';
import { benchApi } from './api.ts';
import { benchCore } from './core.ts';
import { machine } from './figure.ts';
import { benchFunctions } from './functions.ts';
import { benchLive } from './live.ts';
import { chosenParts, UsageError } from './parts.ts';
import { benchPipeline } from './pipeline.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const parts: Readonly<Record<string, { readonly says: string; readonly run: () => void | Promise<void> }>> = {
  core: { says: 'message bytes to hour values on one core, without any service', run: benchCore },
  pipeline: {
    says: 'an hour of 200 facilities as fast as it goes, with and without a time-series store',
    run: () => benchPipeline(root),
  },
  live: {
    says: 'from publish to stored minute at the pace of 200 facilities, 105 seconds',
    run: () => benchLive(root),
  },
  api: { says: 'answers of the API with 13 months of 20 sources stored', run: () => benchApi(root) },
  functions: { says: 'size and cold start of every function', run: () => benchFunctions(root) },
  agent: { says: 'resident memory of an edge agent', run: () => benchAgent(root) },
};

const HELP = `usage: npm run bench [-- PART ...]

Measures on this machine and prints one line of JSON a figure; without PART everything.

${Object.entries(parts)
  .map(([name, { says }]) => `  ${name.padEnd(10)} ${says}`)
  .join('\n')}
`;

try {
  const chosen = chosenParts(process.argv.slice(2), Object.keys(parts));
  if (chosen === 'help') process.stdout.write(HELP);
  else {
    console.log(JSON.stringify({ machine: machine() }));
    for (const name of chosen) await parts[name]!.run();
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}
