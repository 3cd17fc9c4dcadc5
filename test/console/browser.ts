import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { FixtureServer } from './fixture-server.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Why browser tests do not run here; undefined: they do. */
export const noBrowser: string | undefined = existsSync(CHROMIUM)
  ? undefined
  : `browser tests are skipped: there is no ${CHROMIUM} (apt-get install chromium)`;
if (noBrowser !== undefined) process.stderr.write(`${noBrowser}\n`);

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

export interface Look {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
}

/** A window onto the console, and everything that went wrong in it. */
export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, messages of the log, breaches of the content security policy. */
  readonly faults: string[];
  go(hash: string): Promise<void>;
}

/** Opens the console, not signed in. */
export const openConsole = async (
  browser: Browser,
  { url }: Pick<FixtureServer, 'url'>,
  look: Look,
): Promise<Window> => {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 800 },
    colorScheme: look.scheme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  await page.goto(`${url}/`);
  return {
    page,
    context,
    faults,
    async go(hash) {
      await page.goto(`${url}/${hash}`);
      await page.locator('.page h1').first().waitFor();
    },
  };
};

/** Opens the console and signs in as engineer, which is one click. */
export const openSignedIn = async (
  browser: Browser,
  server: Pick<FixtureServer, 'url'>,
  look: Look,
): Promise<Window> => {
  const window = await openConsole(browser, server, look);
  await window.page.getByRole('button', { name: 'Continue as engineer' }).click();
  await window.page.locator('.page h1').first().waitFor();
  return window;
};
