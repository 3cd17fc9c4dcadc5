import { ewProgram } from '../../../cli/program.ts';

export interface Ended {
  readonly exitCode: number;
  readonly text: string;
}

/** `ew --local` in this process, with the operator's credentials. Rejects when the command fails; "no" is an answer. */
export const operator =
  (dataDir: string) =>
  async (...args: readonly string[]): Promise<Ended> => {
    let text = '';
    const write = process.stdout.write;
    process.stdout.write = ((chunk: string) => {
      text += chunk;
      return true;
    }) as typeof write;
    const exitCode = process.exitCode;
    process.exitCode = 0;
    try {
      await ewProgram().parseAsync(['--local', '--data-dir', dataDir, ...args], { from: 'user' });
      return { exitCode: Number(process.exitCode), text };
    } catch (cause) {
      throw new Error(`ew ${args.join(' ')}: ${(cause as Error).message}`, { cause });
    } finally {
      process.exitCode = exitCode;
      process.stdout.write = write;
    }
  };
