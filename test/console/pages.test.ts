import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Look, launch, noBrowser, openConsole, openSignedIn } from './browser.ts';
import { type FixtureServer, startFixture } from './fixture-server.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const PAGES = {
  fleet: '#/',
  facility: '#/facilities/99101',
  'alarm settings': '#/facilities/99101/settings',
  alarms: '#/alarms',
  alarm: '#/alarms/412',
  exceedances: '#/exceedances',
  exceedance: '#/exceedances/18',
  'explained exceedance': '#/exceedances/12',
  pipeline: '#/pipeline',
  reports: '#/reports',
  audit: '#/audit',
};

const LOOKS: readonly Look[] = [
  { width: 1280, scheme: 'light' },
  { width: 1280, scheme: 'dark' },
  { width: 400, scheme: 'light' },
  { width: 400, scheme: 'dark' },
];

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

describe.skipIf(noBrowser)('every page of the console', () => {
  let browser: Browser;
  let server: FixtureServer;
  beforeAll(async () => {
    [browser, server] = await Promise.all([launch(), startFixture()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const violations = async (page: Awaited<ReturnType<typeof openConsole>>['page']): Promise<string[]> => {
    if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(AXE);
    const { violations: found } = await page.evaluate<{ violations: Violation[] }>(
      "axe.run(document, { resultTypes: ['violations'] })",
    );
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical' || impact === 'moderate')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  };

  it.each(LOOKS)(
    'is without faults, accessible and no wider than the window at $width pixels, $scheme',
    async (look) => {
      const { page, context, faults } = await openConsole(browser, server, look);
      const found: string[] = [];
      const check = async (name: string): Promise<void> => {
        found.push(...(await violations(page)).map((violation) => `${name}: ${violation}`));
        const over = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
        if (over > 0) found.push(`${name}: ${over} pixels wider than the window`);
      };
      await page.getByText('As somebody else').click();
      await check('sign-in');
      await page.getByRole('button', { name: 'Continue as engineer' }).click();
      for (const [name, hash] of Object.entries(PAGES)) {
        await page.goto(`${server.url}/${hash}`);
        await page.locator('.page h1').first().waitFor();
        await check(name);
      }
      expect(found).toEqual([]);
      expect(faults).toEqual([]);
      await context.close();
    },
  );

  it('says on the sign-in page and on every other that this is a development login', async () => {
    const { page, context, go } = await openSignedIn(browser, server, { width: 400, scheme: 'light' });
    for (const hash of Object.values(PAGES)) {
      await go(hash);
      expect(await page.getByText('Development login on this machine').isVisible()).toBe(true);
    }
    await page.getByRole('button', { name: 'Sign out' }).click();
    expect(await page.getByText('Development login on this machine').isVisible()).toBe(true);
    await context.close();
  });

  it('is told of by a skip link, one main landmark and a title of its own', async () => {
    const { page, context, go } = await openSignedIn(browser, server, { width: 1280, scheme: 'light' });
    const titles = new Set<string>();
    for (const hash of Object.values(PAGES)) {
      await go(hash);
      titles.add(await page.title());
      expect(await page.locator('main').count()).toBe(1);
      expect(await page.locator('h1').count()).toBe(1);
    }
    expect(titles.size).toBe(Object.keys(PAGES).length);
    await page.reload();
    await page.locator('.page h1').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await context.close();
  });

  it('that does not exist is said so, with the way back', async () => {
    const { page, context, go } = await openSignedIn(browser, server, { width: 1280, scheme: 'light' });
    await go('#/nowhere');
    expect(await page.getByRole('heading', { name: 'No such page' }).isVisible()).toBe(true);
    await page.getByRole('link', { name: 'Back to the fleet' }).click();
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
    await context.close();
  });
});

describe.skipIf(noBrowser)('names and notes of people', () => {
  const HOSTILE = '<img src=x onerror="globalThis.broken=1"><script>globalThis.broken=1</script>"\'&amp;';
  let browser: Browser;
  let server: FixtureServer;
  beforeAll(async () => {
    [browser, server] = await Promise.all([launch(), startFixture({ hostile: HOSTILE })]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('stay text whatever stands in them', async () => {
    const { page, context, faults, go } = await openSignedIn(browser, server, { width: 400, scheme: 'light' });
    for (const hash of [...Object.values(PAGES), '#/alarms/409']) {
      await go(hash);
      expect(await page.locator('main img, main script').count()).toBe(0);
      expect(
        await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth'),
      ).toBeLessThanOrEqual(0);
    }
    await go('#/exceedances/12');
    expect(await page.getByText(HOSTILE).first().isVisible()).toBe(true);
    expect(await page.evaluate('globalThis.broken')).toBeUndefined();
    expect(faults).toEqual([]);
    await context.close();
  });
});
