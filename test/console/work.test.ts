import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launch, noBrowser, openConsole, openSignedIn } from './browser.ts';
import { type FixtureServer, startFixture } from './fixture-server.ts';

const DESK = { width: 1280, scheme: 'light' } as const;

describe.skipIf(noBrowser)('at the console', () => {
  let browser: Browser;
  let server: FixtureServer;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    server = await startFixture();
  });
  afterEach(async () => {
    await server?.close();
  });

  it('an operator acknowledges and explains an exceedance with the keyboard alone', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await go('#/exceedances');
    const tabTo = async (name: RegExp): Promise<void> => {
      for (let presses = 0; presses < 60; presses++) {
        const label = await page.evaluate<string>(
          "(() => { const e = document.activeElement; return (e?.labels?.[0] ?? e)?.textContent ?? ''; })()",
        );
        if (name.test(label)) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`no key leads to ${name}`);
    };
    await tabTo(/^nox-4h$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Exceedance of nox-4h' }).waitFor();

    await tabTo(/^Why$/);
    await page.keyboard.type('Ammonia flow is low; operator on the way');
    await page.keyboard.press('Enter');
    await page.getByText('Development engineer,', { exact: false }).waitFor();
    await page.locator('.panel', { hasText: 'Acknowledgement' }).getByText('Development engineer').waitFor();

    await tabTo(/^Reason$/);
    await page.keyboard.type('control');
    await tabTo(/^Action$/);
    await page.keyboard.type('equip');
    await tabTo(/^Note$/);
    await page.keyboard.type('Valve exercised.');
    await tabTo(/^Why$/);
    await page.keyboard.type('End of the shift');
    await page.keyboard.press('Enter');
    await page.getByText('Saved.', { exact: true }).first().waitFor();

    const told = page.locator('.panel', { hasText: 'Reason and action' }).locator('dl.facts');
    expect(await told.innerText()).toContain('control equipment problems');
    expect(await told.innerText()).toContain('equipment repaired');
    expect(await told.innerText()).toContain('Valve exercised.');
    await go('#/audit');
    expect(await page.getByText('End of the shift').isVisible()).toBe(true);
    await context.close();
  });

  it('a refusal is said in the words of the API, beside what was tried', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await go('#/exceedances/18');
    const other = await openSignedIn(browser, server, DESK);
    await other.go('#/exceedances/18');
    for (const window of [page, other.page]) await window.getByLabel('Why').first().fill('Seen');
    await page.getByRole('button', { name: 'Acknowledge the exceedance' }).click();
    await page.getByRole('button', { name: 'Acknowledge the exceedance' }).waitFor({ state: 'detached' });
    await other.page.getByRole('button', { name: 'Acknowledge the exceedance' }).click();
    await other.page.getByText('exceedance 18 was acknowledged by Development engineer').waitFor();
    await context.close();
    await other.context.close();
  });

  it('what somebody has typed stays while the figures around it change', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await go('#/exceedances/18');
    await page.getByLabel('Note').pressSequentially('Half a ');
    const other = await openSignedIn(browser, server, DESK);
    await other.go('#/exceedances/18');
    await other.page.getByLabel('Why').first().fill('Seen');
    await other.page.getByRole('button', { name: 'Acknowledge the exceedance' }).click();
    await other.page.getByText('Development engineer,').first().waitFor();
    await page.evaluate("window.dispatchEvent(new Event('online'))");
    await page.getByRole('button', { name: 'Acknowledge the exceedance' }).waitFor({ state: 'detached' });
    await page.keyboard.type('sentence');
    expect(await page.getByLabel('Note').inputValue()).toBe('Half a sentence');
    await context.close();
    await other.context.close();
  });

  it('a lost connection is said, with the time of the figures, and is taken back when it returns', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await go('#/facilities/99101');
    expect(await page.getByText(/updated (just now|\d+ s ago)/).isVisible()).toBe(true);
    server.cut = true;
    await page.evaluate("window.dispatchEvent(new Event('online'))");
    const lost = page.getByRole('alert').getByText(/Connection lost: .* The figures here are of \d\d:\d\d:\d\d/);
    await lost.waitFor();
    expect(await page.getByText('not updated').isVisible()).toBe(true);
    expect(await page.getByRole('heading', { name: 'CT2' }).isVisible()).toBe(true);
    server.cut = false;
    await page.evaluate("window.dispatchEvent(new Event('online'))");
    await lost.waitFor({ state: 'detached' });
    await context.close();
  });

  it('what has just been started waits for the system and goes on by itself', async () => {
    const { page, context } = await openSignedIn(browser, server, DESK);
    server.cut = true;
    await page.reload();
    await page.getByText('the system does not answer').waitFor();
    server.cut = false;
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
    await context.close();
  });

  it('a viewer is shown nothing that only others may do, and no facility that is not theirs', async () => {
    const { page, context, go } = await openConsole(browser, server, DESK);
    await page.getByText('As somebody else').click();
    await page.getByLabel('Viewer: sees').check();
    await page.getByLabel('Facilities').fill('99102');
    await page.getByRole('button', { name: 'Sign in as this person' }).click();
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
    expect(await page.getByText('North Fork').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Audit' }).count()).toBe(0);
    // The only facility: its sources are there at once.
    await page.getByRole('heading', { name: '**B1' }).waitFor();
    await go('#/exceedances/18');
    expect(await page.getByRole('button', { name: /Acknowledge|Save/ }).count()).toBe(0);
    await go('#/reports');
    expect(await page.getByRole('button', { name: 'Start' }).count()).toBe(0);
    expect(server.signIns).toEqual([{ group: 'viewer', facilities: ['99102'], name: 'Development engineer' }]);
    await context.close();
  });

  it('the header is one line at 1280 pixels, with the name that was given and an address that is too long cut', async () => {
    const me = async (window: Awaited<ReturnType<typeof openConsole>>, who: string) => {
      await window.page.route('**/api/v1/me', (route) =>
        route.fulfill({ json: { who, group: 'engineer', facilities: ['*'] } }),
      );
      await window.page.getByRole('button', { name: 'Continue as engineer' }).click();
      await window.page.locator('.page h1').first().waitFor();
      await window.page.getByText(/^updated/).waitFor();
      const height = await window.page.evaluate<number>("document.querySelector('.top').clientHeight");
      return { height, person: window.page.locator('.who .person') };
    };
    const address = 'development.engineer@development.invalid';
    const window = await openConsole(browser, server, DESK);
    const { height, person } = await me(window, address);
    expect(await person.innerText()).toBe('Development engineer · engineer');
    expect(await person.getAttribute('title')).toBe(`${address} · engineer`);
    expect(height).toBeLessThan(60);
    // As of an account, whose address is all that there is to show.
    await window.page.evaluate(
      `document.querySelector('.who .person').firstChild.nodeValue = '${'x'.repeat(200)}@y.z'`,
    );
    expect(await window.page.evaluate<number>("document.querySelector('.top').clientHeight")).toBeLessThan(60);
    const over = await window.page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
    expect(over).toBeLessThanOrEqual(0);
    await window.context.close();
  });

  it('ages go on growing while the API has nothing new to say', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await page.clock.install();
    await page.reload();
    const statuses: number[] = [];
    page.on('response', (answer) => {
      if (/\/facilities\/99101$/.test(answer.url())) statuses.push(answer.status());
    });
    await go('#/facilities/99101');
    const live = page.locator('.live time').first();
    const behind = page.locator('[data-as="lag"]').first();
    const before = [await live.innerText(), await behind.innerText()];
    await page.clock.runFor(180_000);
    await expect.poll(async () => statuses.filter((status) => status === 304).length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    const minutesOf = (text: string) => Number(/(\d+) min/.exec(text)?.[1] ?? 0);
    const after = [await live.innerText(), await behind.innerText()];
    for (const [i, text] of after.entries()) expect(minutesOf(text)).toBeGreaterThanOrEqual(minutesOf(before[i]!) + 2);
    await context.close();
  });

  it('an engineer starts a report and sees it being made', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await go('#/reports');
    await page.getByLabel('Year').fill('2025');
    await page.getByLabel('Quarter', { exact: true }).selectOption('4');
    await page.getByLabel('Why').fill('For the inspector');
    await page.getByRole('button', { name: 'Start' }).click();
    const row = page.getByRole('row', { name: /2025 Q4/ });
    await row.waitFor();
    expect(await row.innerText()).toContain('Being made');
    await context.close();
  });

  it('an engineer changes when people are told, and is stopped at a share that is none', async () => {
    const { page, context, go } = await openSignedIn(browser, server, DESK);
    await go('#/facilities/99101/settings');
    await page.getByLabel('Warnings at, % of a limit').fill('75, 120');
    await page.getByLabel('Why').fill('New permit');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await page.getByText('got 120').waitFor();
    await page.getByLabel('Warnings at, % of a limit').fill('95 75');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await page.getByText('Saved.').first().waitFor();
    await page.reload();
    await page.locator('.page h1').waitFor();
    expect(await page.getByLabel('Warnings at, % of a limit').inputValue()).toBe('75, 95');
    await context.close();
  });
});

describe.skipIf(noBrowser)('a fleet of 202 facilities', () => {
  let browser: Browser;
  let server: FixtureServer;
  beforeAll(async () => {
    [browser, server] = await Promise.all([launch(), startFixture({ more: 200 })]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('shows the worst first, can be searched, and can be cut to one state', async () => {
    const { page, context, faults } = await openSignedIn(browser, server, DESK);
    const rows = page.locator('tbody tr');
    expect(await rows.count()).toBe(202);
    expect(await rows.first().innerText()).toContain('Data stopped');
    await page.getByLabel('Find a facility').pressSequentially('station 7');
    expect(await rows.count()).toBe(11);
    await page.getByLabel('Find a facility').fill('20003');
    expect(await rows.count()).toBe(1);
    await page.getByLabel('Find a facility').fill('');
    await page.getByRole('button', { name: 'near a limit' }).click();
    expect(await rows.count()).toBe(12);
    expect(await page.getByRole('button', { name: 'near a limit' }).getAttribute('aria-pressed')).toBe('true');
    expect(faults).toEqual([]);
    await context.close();
  });
});

describe.skipIf(noBrowser)('the sign-in at a user pool', () => {
  let browser: Browser;
  let server: FixtureServer;
  beforeAll(async () => {
    [browser, server] = await Promise.all([launch(), startFixture({ cognito: true })]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  it('is by code and proof key, comes back to the page that was asked for, and leaves no code in the address', async () => {
    const { page, context, faults } = await openConsole(browser, server, DESK);
    await page.goto(`${server.url}/#/pipeline`);
    expect(await page.getByText('Development login').count()).toBe(0);
    await page.getByRole('button', { name: 'Sign in with your account' }).click();
    await page.getByRole('heading', { name: 'Pipeline' }).waitFor();
    expect(page.url()).toBe(`${server.url}/#/pipeline`);
    expect(await page.getByText('ada@example.com').isVisible()).toBe(true);
    expect(server.signIns).toMatchObject([
      { response_type: 'code', client_id: 'console', redirect_uri: `${server.url}/`, code_challenge_method: 'S256' },
    ]);
    await page.reload();
    await page.getByRole('heading', { name: 'Pipeline' }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  it('takes no answer to a question that this tab did not ask', async () => {
    const { page, context } = await openConsole(browser, server, DESK);
    await page.goto(`${server.url}/?code=stolen&state=guessed`);
    await page.getByText('The sign-in was not begun in this tab; sign in again.').waitFor();
    expect(page.url()).toBe(`${server.url}/`);
    await context.close();
  });
});
