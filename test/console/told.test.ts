import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, noBrowser, openConsole, openSignedIn } from './browser.ts';
import { type FixtureServer, startFixture } from './fixture-server.ts';

const DESK = { width: 1280, scheme: 'light' } as const;

/** Lets the API answer something else than the fixture. */
const answering = (page: Page, path: string, change: (answer: Readonly<Record<string, unknown>>) => unknown) =>
  page.route(`**/api/v1/${path}`, async (route) => {
    const headers = { ...route.request().headers() };
    delete headers['if-none-match'];
    const response = await route.fetch({ headers });
    await route.fulfill({ response, json: change(await response.json()) });
  });

describe.skipIf(noBrowser)('what the console tells', () => {
  let browser: Browser;
  let server: FixtureServer;
  beforeAll(async () => {
    [browser, server] = await Promise.all([launch(), startFixture()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('of gaps before the first continuity check is that none was made, not that there are none', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await answering(page, 'pipeline', (answer) => ({ ...answer, checkedUntil: null, openGaps: 0 }));
    await answering(page, 'continuity*', ({ facilities }) => ({
      facilities: (facilities as object[]).map((each) => ({
        ...each,
        checkedUntil: null,
        completeSince: null,
        gaps: [],
      })),
      next: null,
    }));
    await go('#/pipeline');
    await page.getByText('Not checked yet.').first().waitFor();
    expect(await page.getByText('No gap is open').count()).toBe(0);
    const tile = page.locator('.tile', { hasText: 'Open gaps' });
    expect(await tile.innerText()).toContain('not checked yet');
    await context.close();
  });

  it('of the system is a reason only for alarms that are on', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await go('#/pipeline');
    await page.getByText(/that are not on/).click();
    const tables = page.getByRole('table', { name: 'Alarms on the system' });
    expect(await tables.nth(0).innerText()).toContain('Threshold Crossed');
    expect(await tables.nth(1).innerText()).not.toContain('Threshold Crossed');
    await context.close();
  });

  it('of a page that the system refuses is a page with the words and the way back, and no green sign', async () => {
    const { page, context } = await openConsole(browser, server, DESK);
    await page.getByText('As somebody else').click();
    await page.getByLabel('Viewer: sees').check();
    await page.getByRole('button', { name: 'Sign in as this person' }).click();
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
    for (const [hash, title] of [
      ['#/audit', 'Audit trail'],
      ['#/exceedances/4711', 'Exceedance 4711'],
      ['#/alarms/none', 'Alarm none'],
      ['#/facilities/NOWHERE', 'NOWHERE'],
    ] as const) {
      await page.goto(`${server.url}/${hash}`);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      expect(await page.locator('main .notice.bad').count()).toBe(1);
      expect(await page.locator('.fresh').innerText()).toContain('not updated');
      expect(await page.getByRole('link', { name: 'Back to the fleet' }).isVisible()).toBe(true);
    }
    await page.getByRole('link', { name: 'Back to the fleet' }).click();
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
    await page.getByText(/^updated/).waitFor();
    await context.close();
  });

  it('of a source that is not there is a refusal and no panel that waits for ever', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await go('#/facilities/99101/sources/CT9');
    await page.locator('main .notice.bad').waitFor();
    expect(await page.getByRole('region', { name: 'Curves' }).count()).toBe(0);
    await context.close();
  });

  it('of an exceedance leads to the hours behind it, and says who acknowledged it', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await go('#/exceedances/12');
    expect(await page.locator('.panel', { hasText: 'Acknowledgement' }).innerText()).toMatch(
      /By j\.ortega@example\.com, \d{4}-\d\d-\d\d \d\d:\d\d plant time\. Why stands in the audit trail/,
    );
    await page.getByRole('link', { name: 'The hours behind it' }).click();
    await page.locator('.chart canvas').first().waitFor();
    expect(page.url()).toMatch(/sources\/CT2\?parameter=noxRate&until=/);
    await context.close();
  });

  it('of a started report goes away when it is ended, and the form begins with the newest quarter with hours', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await answering(page, 'facilities?*', ({ facilities }) => ({
      facilities: (facilities as object[]).map((each) => ({ ...each, lastMinute: '2018-08-01T12:00Z' })),
      next: null,
    }));
    await page.reload();
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
    await go('#/reports');
    expect(await page.getByLabel('Year').inputValue()).toBe('2018');
    expect(await page.getByLabel('Quarter', { exact: true }).inputValue()).toBe('3');
    await page.getByLabel('Why').fill('For the inspector');
    await page.getByRole('button', { name: 'Start' }).click();
    const note = page.locator('p.done');
    await note.waitFor();
    await answering(page, 'reports*', ({ reports }) => ({
      reports: (reports as object[]).map((each) => ({ ...each, state: 'failed', failure: 'no hours' })),
      next: null,
    }));
    await page.evaluate("window.dispatchEvent(new Event('online'))");
    await expect.poll(() => note.isVisible()).toBe(false);
    await context.close();
  });

  it('of an hour in which the unit stood still is that, and not that its means are not valid', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await go('#/facilities/99101/sources/CT2?range=30d&as=table');
    const stopped = page.getByRole('row', { name: /Not operating/ }).first();
    await stopped.getByRole('link').click();
    const channels = page.getByRole('region', { name: 'Channels' });
    await channels.waitFor();
    expect(await channels.innerText()).toContain('not operating');
    expect(await channels.innerText()).not.toContain('not a valid hour');
    await context.close();
  });

  it('fits its frame at 400 pixels: no badge leaves its card, each choice has the whole width', async () => {
    const { page, context, go } = await openSignedIn(browser, server, { width: 400, scheme: 'light' });
    await answering(page, 'alarms?state=all*', ({ alarms }) => ({
      alarms: (alarms as object[]).map((each) => ({
        ...each,
        clearedAt: '2026-11-24T10:00:00Z',
        acknowledgedAt: null,
        acknowledgedBy: null,
      })),
      next: null,
    }));
    await go('#/alarms?state=all');
    await page.getByText('Cleared, not acknowledged').first().waitFor();
    expect(
      await page.evaluate<number>(
        "Math.max(...[...document.querySelectorAll('.badge')].map((b) => b.getBoundingClientRect().right - b.closest('.panel').getBoundingClientRect().right))",
      ),
    ).toBeLessThan(0);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
    expect(await page.getByRole('link', { name: 'All', exact: true }).getAttribute('aria-current')).toBe('true');
    await go('#/reports');
    const narrow = await page.evaluate<number>(
      "Math.min(...[...document.querySelectorAll('main select')].map((s) => s.getBoundingClientRect().width))",
    );
    expect(narrow).toBeGreaterThan(320);
    await context.close();
  });
});
