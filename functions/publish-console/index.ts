import { readdirSync, readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { answerCloudFormation } from '#adapters/cloudformation-answer';
import { env } from '#adapters/env';
import type { PublishConsoleEnv } from './env.ts';
import { makeHandler } from './handler.ts';
import { siteFile } from './publish.ts';
import { s3Site } from './site.ts';

const setting = env<PublishConsoleEnv>;
const folder = fileURLToPath(new URL('./console/', import.meta.url));
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

export const handler = makeHandler({
  site: s3Site(setting('CONSOLE_BUCKET'), setting('CONSOLE_PREFIX'), new S3Client({})),
  files: files.map(({ parentPath, name }) => {
    const path = `${parentPath}${parentPath.endsWith(sep) ? '' : sep}${name}`;
    return siteFile(relative(folder, path).replaceAll(sep, '/'), readFileSync(path));
  }),
  answer: answerCloudFormation,
});
