import { spawn } from 'node:child_process';
import { CommandFailed } from '../failure.ts';

/**
 * Makes the templates in `outdir`, reviewed but without the functions' bundles, which change nothing that an account
 * could refuse.
 * @throws CommandFailed with what the app says when it cannot be made
 */
export const synthesise = async (root: string, outdir: string, context: readonly string[]): Promise<void> => {
  const pairs = context.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const);
  const child = spawn(process.execPath, ['bin/emission-watch.ts'], {
    cwd: root,
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [], ...Object.fromEntries(pairs) }),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code === 0) return;
  // Node prints where it was thrown, the message, the stack: the message is what a person needs.
  const message = /^\w*Error: (.*)$/m.exec(said)?.[1];
  throw new CommandFailed(`the CDK app cannot be made: ${message ?? said.trim()}`);
};
