import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IAM_USAGE_FILE, iamUsage } from '#cli/iam-usage';
import type { IamUsage } from './services/iam/usage.ts';

/** The record of used permissions in a data folder, which `ew iam unused` reads. */
export const usageFile = (dataDir: string) => {
  const file = join(dataDir, IAM_USAGE_FILE);
  let written = '';
  return {
    /** What the runs so far have used. @throws Error naming the file when it is not what this program writes */
    read: (): IamUsage | undefined => {
      if (!existsSync(file)) return undefined;
      try {
        return iamUsage.parse(JSON.parse(readFileSync(file, 'utf8')));
      } catch (cause) {
        const reason = (cause as Error).message;
        throw new Error(`${file} is not what this program writes: remove it to count from nothing (${reason})`, {
          cause,
        });
      }
    },
    write: (usage: IamUsage): void => {
      const text = `${JSON.stringify({ v: 1, ...usage }, undefined, 2)}\n`;
      if (text === written) return;
      writeFileSync(`${file}.new`, text);
      renameSync(`${file}.new`, file);
      written = text;
    },
  };
};
