import { readFileSync } from 'node:fs';

/** The release that is deployed, as certificates name it. */
export const softwareVersion = (): string => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
};
