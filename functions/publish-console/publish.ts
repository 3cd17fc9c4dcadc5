import { extname } from 'node:path';
import type { Site, SiteFile } from './site.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** A checksum in the name, as the build of the console writes it: such a file never changes. */
const HASHED = /-[0-9a-f]{10}\.\w+$/;
const KEEP = 'public, max-age=31536000, immutable';
const ASK_EVERY_TIME = 'no-cache';

/** @throws Error for a file whose type nobody has said: a browser that is told a wrong one refuses it */
export const siteFile = (name: string, body: SiteFile['body']): SiteFile => {
  const contentType = TYPES[extname(name)];
  if (contentType === undefined)
    throw new Error(`file ${name} of the console has no known type: known are ${Object.keys(TYPES).join(', ')}`);
  return { name, body, contentType, cacheControl: HASHED.test(name) ? KEEP : ASK_EVERY_TIME };
};

export interface Published {
  readonly put: number;
  readonly removed: number;
}

/**
 * Replaces the console that is served. Pages come last and what is no longer part goes after them, so that at every
 * moment a page finds the files that it asks for.
 */
export const publish = async (site: Site, files: readonly SiteFile[]): Promise<Published> => {
  const isPage = ({ name }: SiteFile) => name.endsWith('.html');
  const [pages, parts] = [files.filter(isPage), files.filter((file) => !isPage(file))];
  await Promise.all(parts.map((file) => site.put(file)));
  for (const page of pages) await site.put(page);
  const kept = new Set(files.map(({ name }) => name));
  const old = (await site.names()).filter((name) => !kept.has(name));
  for (const name of old) await site.remove(name);
  return { put: files.length, removed: old.length };
};
