import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quarterlyReport } from '#core/contracts/quarterly-report';
import { launch, noBrowser, openSignedIn, type Window } from './browser.ts';

/** NOx rates of hours 0 to 11 of a day, lb/mmBtu. The replay's limit is 0.100 over 4 operating hours. */
const RATES = [0.06, 0.06, 0.06, 0.06, 0.18, 0.2, 0.2, 0.06, 0.06, 0.06, 0.06, 0.06];
const HEADER =
  '"STATE","ORISPL_CODE","UNITID","OP_DATE","OP_HOUR","OP_TIME","GLOAD (MW)","SO2_MASS (lbs)","NOX_RATE (lbs/mmBtu)",' +
  '"NOX_RATE_MEASURE_FLG","NOX_MASS (lbs)","CO2_MASS (tons)","HEAT_INPUT (mmBtu)"';
const line = (rate: number, hour: number) =>
  `"ID","7953","CT1","01-23-2018","${hour}","1","156","1","${rate}","Measured","${(rate * 1663.7).toFixed(3)}","98.9","1663.7"`;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};

describe.skipIf(noBrowser)('from the stack to the report', () => {
  let folder: string;
  let cloud: ChildProcess;
  let browser: Browser;
  let window: Window;
  let output = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'emissionwatch-console-'));
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'hours.csv'), [HEADER, ...RATES.map(line)].join('\n'));
    const port = await freePort();
    const given = ['--data-dir', join(folder, 'data'), '--input', join(folder, 'hours.csv'), '--port', String(port)];
    cloud = spawn(process.execPath, ['local/main.ts', ...given], { stdio: ['ignore', 'pipe', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      for (const stream of [cloud.stdout!, cloud.stderr!])
        stream.on('data', (text) => {
          output += text;
          if (output.includes('running until Ctrl-C')) resolve();
        });
      cloud.once('close', () => reject(new Error(`npm start ended: ${output}`)));
    });
    browser = await launch();
    window = await openSignedIn(browser, { url: `http://127.0.0.1:${port}` }, { width: 1280, scheme: 'light' });
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    if (cloud) {
      cloud.kill('SIGINT');
      if (cloud.exitCode === null) await once(cloud, 'close');
    }
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('an exceedance appears on the console, is acknowledged with a reason, and stands in the report', async () => {
    const { page, context, faults, go } = window;
    await go('#/exceedances');
    await page.getByRole('link', { name: 'sample-nox-4h' }).first().waitFor({ timeout: 90_000 });
    await page.getByRole('link', { name: 'sample-nox-4h' }).first().click();
    await page.getByRole('heading', { name: 'Exceedance of sample-nox-4h' }).waitFor();

    // Windows of hours 2-5 (0.125), 3-6 (0.16), 4-7 (0.16), 5-8 (0.13): four over 0.100; 1-4 has 0.09, 6-9 has 0.095.
    await page.locator('.tiles, .tile').getByText('0.16').first().waitFor({ timeout: 60_000 });
    await page.getByLabel('Why').first().fill('Ammonia flow was low');
    await page.getByRole('button', { name: 'Acknowledge the exceedance' }).click();
    await page.getByRole('button', { name: 'Acknowledge the exceedance' }).waitFor({ state: 'detached' });
    await page.getByLabel('Reason').selectOption({ label: 'control equipment problems' });
    await page.getByLabel('Action').selectOption({ label: 'equipment repaired' });
    await page.getByLabel('Note').fill('Valve of the ammonia line exercised.');
    await page.getByLabel('Why').last().fill('End of the shift');
    await page.getByRole('button', { name: 'Save reason and action' }).click();
    await page.getByText('Saved.', { exact: true }).first().waitFor();

    await go('#/reports');
    await page.getByLabel('Year').fill('2018');
    await page.getByLabel('Quarter').selectOption('1');
    await page.getByLabel('Why').fill('Quarter is over');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('kept until').first().waitFor({ timeout: 90_000 });
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('button', { name: /^Open .* 2018 Q1 revision 1$/ }).click(),
    ]);
    await opened.getByText('control equipment problems').first().waitFor();
    expect(await opened.locator('body').innerText()).toContain('Valve of the ammonia line exercised.');
    expect(faults).toEqual([]);
  }, 240_000);

  it('and the document says the same as the page', async () => {
    const { page } = window;
    const answer = await page.evaluate<string>(`(async () => {
      const token = Object.values(sessionStorage).map((value) => { try { return JSON.parse(value).idToken; } catch { return undefined; } }).find(Boolean)
        ?? Object.values(sessionStorage).find((value) => value.split('.').length === 3);
      const path = '/api/v1/reports/7953/2018/1/1/download?format=json';
      const link = await (await fetch(path, { headers: { authorization: 'Bearer ' + token } })).json();
      return link.url;
    })()`);
    const report = quarterlyReport.parse(await (await fetch(answer)).json());
    expect(report).toMatchObject({ orisCode: 7953, year: 2018, quarter: 1 });
    const value = (code: string) =>
      report.summaryValueData.find(({ unitId, parameterCode }) => unitId === 'CT1' && parameterCode === code)
        ?.currentReportingPeriodTotal;
    // 12 hours of 1663.7 mmBtu are 19,964.4; 12 of 98.9 short tons are 1,186.8.
    expect(value('OPHOURS')).toBe(12);
    expect(value('OPTIME')).toBe(12);
    expect(value('HIT')).toBe(19964);
    expect(value('CO2M')).toBe(1186.8);
    // The mean of RATES is 1.12 / 12 = 0.0933.
    expect(value('NOXR')).toBe(0.093);
    expect(JSON.stringify(report)).toContain('control-equipment');
  });
});
