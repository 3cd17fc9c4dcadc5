import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hourOfText, textOfHour } from '#core/time';
import { launch, noBrowser, openSignedIn } from '../browser.ts';
import { type FixtureServer, startFixture } from '../fixture-server.ts';
import { violationsOf } from './violations.ts';

const SOURCE = '#/facilities/99101/sources/CT2';
const hourPage = (hour: string) => `${SOURCE}/hours/${encodeURIComponent(hour)}`;
/** Hours of the fixture: the newest, and one whose NOx analyser had failed. */
const NEWEST = textOfHour(Math.floor(Date.now() / 3_600_000) - 1);
const FAILED = textOfHour(hourOfText(NEWEST) + 1 - 720 + 61);

const chart = (page: Page) => page.getByRole('application', { name: /NOx rate/ });
const drawn = (page: Page) => page.locator('.chart canvas').first().waitFor();

describe.skipIf(noBrowser)('the pages of a source and of an hour', () => {
  let browser: Browser;
  let server: FixtureServer;
  beforeAll(async () => {
    [browser, server] = await Promise.all([launch(), startFixture()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  const open = (width = 1280, scheme: 'light' | 'dark' = 'light') => openSignedIn(browser, server, { width, scheme });

  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [400, 'light'],
    [400, 'dark'],
  ] as const)(
    'are without faults, accessible and no wider than the window at %i pixels, %s',
    async (width, scheme) => {
      const { page, context, faults, go } = await open(width, scheme);
      const found: string[] = [];
      for (const hash of [`${SOURCE}?range=30d`, `${SOURCE}?as=table`, hourPage(NEWEST), hourPage(FAILED)]) {
        await page.evaluate("document.querySelector('.page')?.setAttribute('data-left', '')");
        await go(hash);
        await page.locator('.page:not([data-left])').locator('.chart canvas, table.data').first().waitFor();
        found.push(...(await violationsOf(page)).map((violation) => `${hash}: ${violation}`));
        const over = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
        if (over > 0) found.push(`${hash}: ${over} pixels wider than the window`);
      }
      expect(found).toEqual([]);
      expect(faults).toEqual([]);
      await context.close();
    },
    120_000,
  );

  it('say of each channel its reading, its status in words and its range, and of each limit its headroom', async () => {
    const { page, context, go } = await open();
    await go(SOURCE);
    const row = page.getByRole('row', { name: /^nox/ });
    await row.waitFor();
    expect(await row.innerText()).toMatch(/NOXC[\s\S]*ppm, dry[\s\S]*range 0 to 10[\s\S]*(valid|calibration)/);
    const limits = page.getByRole('region', { name: 'Limits' });
    expect(await limits.innerText()).toMatch(/may average [\d.]+ lb\/mmBtu for the next operating hour/i);
    await context.close();
  });

  it('let the cursor walk over the hours by keyboard, and speak each hour', async () => {
    const { page, context, go } = await open();
    await go(SOURCE);
    await drawn(page);
    await chart(page).focus();
    await page.keyboard.press('ArrowLeft');
    const spoken = page.locator('[role=status][aria-live=polite]');
    const newest = await page.locator('.readout-when').innerText();
    expect(await spoken.first().innerText()).toContain(`${newest}: `);
    expect(await spoken.first().innerText()).toMatch(/lb\/mmBtu, measured; .*average over 4 operating hours/);
    await page.keyboard.press('Home');
    expect(await page.locator('.readout-when').innerText()).not.toBe(newest);
    await context.close();
  });

  it('lead from an hour of the curve to how it was made, and back', async () => {
    const { page, context, go } = await open();
    await go(SOURCE);
    await drawn(page);
    await chart(page).focus();
    await page.keyboard.press('ArrowLeft');
    const when = await page.locator('.readout-when').innerText();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: when }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Source CT2' }).waitFor();
    await drawn(page);
    await page.locator('.chart .u-over').first().scrollIntoViewIfNeeded();
    const box = await page.locator('.chart .u-over').first().boundingBox();
    await page.mouse.click(box!.x + 5, box!.y + 50);
    await page.getByRole('heading', { name: 'Values of the hour' }).waitFor();
    await context.close();
  });

  it('keep the curve as wide as its window', async () => {
    const { page, context, go } = await open();
    await go(SOURCE);
    await drawn(page);
    const width = () => page.evaluate<number>("document.querySelector('.chart canvas').clientWidth");
    const wide = await width();
    await page.setViewportSize({ width: 400, height: 800 });
    await expect.poll(width).toBeLessThan(400);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(
      0,
    );
    await page.setViewportSize({ width: 1280, height: 800 });
    await expect.poll(width).toBe(wide);
    await context.close();
  });

  it('show the curve as a table too, and keep the choice in the address', async () => {
    const { page, context, go } = await open();
    await go(SOURCE);
    await drawn(page);
    await page.getByRole('button', { name: '30 days' }).click();
    await page.getByRole('button', { name: 'As table' }).click();
    const table = page.getByRole('table', { name: /NOx rate, lb\/mmBtu, 30 days/ });
    await table.waitFor();
    expect(await table.getByRole('row').count()).toBe(721);
    expect(await table.innerText()).toContain('Substitute due');
    await page.reload();
    await table.waitFor();
    await page.getByRole('button', { name: 'As table' }).click();
    await drawn(page);
    expect(await page.locator('.legend').first().innerText()).toMatch(/not operating, \d+ h/);
    await context.close();
  });

  it('go back through time by whole ranges, and to the newest hour again', async () => {
    const { page, context, go } = await open();
    await go(SOURCE);
    await drawn(page);
    const span = page.locator('.curve-span');
    const first = await span.innerText();
    await page.getByRole('button', { name: '← Earlier' }).click();
    await expect.poll(() => span.innerText()).not.toBe(first);
    expect((await span.innerText()).split(' to ')[1]).toContain(first.split(' to ')[0]);
    await page.getByRole('button', { name: 'Newest' }).click();
    await expect.poll(() => span.innerText()).toBe(first);
    await context.close();
  });

  it('save what is shown as CSV', async () => {
    const { page, context, go } = await open();
    await go(SOURCE);
    await drawn(page);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save hours' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^99101-CT2-hours-[\dTZ-]+\.csv$/);
    expect(readFileSync(await file.path(), 'utf8')).toMatch(/^hour,operatingTime\n/);
    await context.close();
  });

  it('write the equation of a value out, in symbols and in numbers, down to the minutes', async () => {
    const { page, context, go } = await open();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await go(hourPage(NEWEST));
    const section = page.getByRole('region', { name: 'NOx rate', exact: true });
    await section.waitFor();
    const text = await section.innerText();
    expect(text).toContain('= K × Ch × Fd × 20.9 / (20.9 − %O2d)');
    expect(text).toMatch(/= 1\.194e-7 × [\d.]+ × 8710 × 20\.9/);
    expect(text).toContain('Method 19, section 12.2.1, Eq. 19-1');
    expect(text).toMatch(/channel nox, mean [\d.]+ of \d+ valid minutes/);
    await section.getByRole('link', { name: /channel nox/ }).click();
    expect(await page.evaluate('document.activeElement.id')).toBe('channel-nox');
    await page.getByText('All 60 minutes as a table').click();
    expect(await page.getByRole('table', { name: 'Minutes of the hour' }).getByRole('row').count()).toBe(61);
    await page.getByRole('button', { name: 'Copy as text' }).click();
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toContain('Equation 19-1 (40 CFR Part 60');
    await context.close();
  });

  it('say of an hour with missing data what is missing and why', async () => {
    const { page, context, go } = await open();
    await go(hourPage(FAILED));
    await page.getByText(/Missing data: a substitute is due for NOx rate/).waitFor();
    expect(await page.getByRole('region', { name: 'Channels' }).innerText()).toContain('50 × analyser failure (F)');
    await context.close();
  });

  it('say of an hour that is not stored that it is not, with the way to its neighbours', async () => {
    const { page, context, go } = await open();
    await go(hourPage(textOfHour(hourOfText(NEWEST) + 5)));
    await page.getByText(/Nothing is stored of it/).waitFor();
    await page.getByRole('link', { name: '← Hour before' }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await context.close();
  });
});
