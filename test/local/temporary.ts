import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

type Cleanup = () => unknown;
const cleanups: Cleanup[] = [];

/** Runs after the test, last registered first. */
export const afterTest = (cleanup: Cleanup): void => {
  cleanups.push(cleanup);
};

afterEach(async () => {
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
});

/** A new folder that is removed after the test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-test-'));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
