import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';

const AGENT = fileURLToPath(new URL('../../edge-agent/main.ts', import.meta.url));

export const edgeCommand = (program: Command): void => {
  const edge = program.command('edge').description('provisions the edge agent on this machine');
  edge
    .command('provision')
    .summary('gets this machine its certificate')
    .description(
      'Gets this machine its certificate with a claim certificate, as the edge agent does at ' +
        'a plant. The options are those of `npm run -s edge -- provision --help`. Neither ' +
        'AWS credentials nor a local cloud are needed here: the claim certificate is enough.',
    )
    .argument('[options...]', 'handed to the edge agent as they are')
    .allowUnknownOption()
    .addHelpText('after', '\nExample:\n  ew edge provision --config agent.json --serial RPI4-0021')
    .action(async (options: readonly string[]) => {
      const child = spawn(process.execPath, [AGENT, 'provision', ...options], { stdio: 'inherit' });
      // Ctrl-C reaches the agent by itself; a signal to this process only must be handed on.
      process.on('SIGTERM', () => child.kill('SIGTERM'));
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      process.exitCode = code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 130 : 1);
    });
};
