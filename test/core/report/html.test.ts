import { describe, expect, it } from 'vitest';
import type { EmissionHour } from '#core/contracts/emission-hour';
import { quarterlyReport as contract } from '#core/contracts/quarterly-report';
import { hourStrip, roundUp } from '#core/report/html/charts';
import { html } from '#core/report/html/markup';
import { reportPage } from '#core/report/html/page';
import { number, periodList } from '#core/report/html/words';
import { quarterlyReport, type ReportInput } from '#core/report/quarterly-report';
import { type SourceRecords, sourceReport } from '#core/report/source-report';
import { FIRST, hour, OFFSET, Q1, records, running, wholeQuarter, window } from './hours.ts';

const EVIL = `<script>alert('1')</script>"&`;

const report = (over: Partial<ReportInput> = {}) => {
  const hours = wholeQuarter((at, i) =>
    i % 3 === 0
      ? hour(at)
      : running(at, i === 100 ? { values: { noxRate: null, noxMassRate: null, noxMass: null } } : {}),
  );
  const windows = [window(FIRST + 30, '0.1'), window(FIRST + 31, '0.19')];
  return contract.parse(
    quarterlyReport({
      order: { facility: '7953', ...Q1, revision: 2, startedBy: EVIL },
      plan: { orisCode: 7953, name: EVIL, utcOffsetMinutes: OFFSET },
      sources: [sourceReport(records(hours, { windows }), Q1)],
      madeFromSha256: 'f'.repeat(64),
      generatedAt: '2018-04-03T02:00:00.000Z',
      softwareVersion: '1.2.3',
      ...over,
    }),
  );
};

describe('the page of a report', () => {
  it('needs nothing else: no script, no picture, no font, no style from elsewhere', () => {
    const page = reportPage(report());
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:\/\/|\son[a-z]+=/i);
    expect(page).toContain("default-src 'none'");
  });

  it('shows names as they are, whatever is in them', () => {
    const page = reportPage(report());
    expect(page).toContain('&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;');
    expect(html`<p>${'a\u202eb\u0007'}</p>`.markup).toBe('<p>a b </p>');
  });

  it('is the same for the same report, and holds no number that is none', () => {
    expect(reportPage(report())).toBe(reportPage(report()));
    expect(reportPage(report())).not.toMatch(/NaN|undefined|null|Infinity|\[object/);
  });

  it('has words for each chart, for those who cannot see it', () => {
    const page = reportPage(report());
    const charts = page.match(/<svg [^>]*>/g)!;
    expect(charts).toHaveLength(4);
    for (const chart of charts) expect(chart).toMatch(/role="img" aria-label="[^"]{30,}"/);
    expect(page).toContain('highest average 0.19, limit 0.15, 1 of 2 windows over it');
  });

  it('says what is missing, and which totals leave hours out', () => {
    const page = reportPage(report());
    expect(page).toContain('CT1: 1 operating hour without NOx rate, NOx mass rate; substitute data are due.');
    expect(page).toContain('2 totals of 7 are of measured hours only.');
    // The 100th hour from midnight: 4 days and 4 hours.
    expect(page).toContain('2018-01-05 04:00 to 05:00 (1 h)');
    expect(page).toContain('What this report is not');
  });

  it('says so when nothing is missing, and when hours are not stored', () => {
    const whole = sourceReport(records(wholeQuarter((at) => running(at))), Q1);
    expect(reportPage(report({ sources: [whole] }))).toContain('Nothing is missing');
    const cut = sourceReport(records(wholeQuarter((at) => running(at)).slice(0, 100)), Q1);
    const page = reportPage(report({ sources: [cut] }));
    expect(page).toContain('2,060 of 2,160 hours expected of it are not stored');
    expect(page).toContain('hours not stored');
    const early = reportPage(report({ generatedAt: '2018-03-31T23:00:00.000Z' }));
    expect(early).toContain('interim: the quarter is not over');
  });

  it('never denies: windows over a limit that no exceedance on record covers are named', () => {
    const page = reportPage(report());
    expect(page).toContain('NOX-4H: 1 window over the limit is not on record as an exceedance.');
    expect(page).not.toContain('No excess emissions were found');
    const of = (windows: SourceRecords['windows']) =>
      reportPage(
        report({
          sources: [
            sourceReport(
              records(
                wholeQuarter((at) => running(at)),
                { windows },
              ),
              Q1,
            ),
          ],
        }),
      );
    const over = of([window(FIRST + 30, '0.19'), window(FIRST + 31, '0.19')]);
    expect(over).toContain('NOX-4H: 2 windows over the limit are not on record as exceedances.');
    expect(over).not.toContain('Nothing is missing');
    expect(of([window(FIRST + 30, '0.1')])).toContain('No excess emissions were found');
  });

  it('marks a total of stored hours only as such, beside the number and in the sums of the facility', () => {
    const marked = (hours: EmissionHour[]) =>
      reportPage(report({ sources: [sourceReport(records(hours), Q1)] })).split('stored hours only').length - 1;
    const whole = wholeQuarter((at) => running(at));
    expect(marked(whole)).toBe(0);
    // Seven summary values, five of which are summed up at the top.
    expect(marked(whole.slice(0, 100))).toBe(7 + 5);
  });

  it('gives no sum of the facility where a common stack may count what its units count', () => {
    const stack = { ...records([running(FIRST)]), plan: { ...records([]).plan, source: 'CS1' } };
    expect(reportPage(report({ sources: [sourceReport(stack, Q1)] }))).not.toContain('class="cards"');
  });
});

describe('what is drawn and written', () => {
  it('has axes that end at a round number above every value', () => {
    expect([0, 1, 1.01, 17, 249, 0.0991, 60_001].map(roundUp)).toEqual([1, 1, 1.5, 20, 250, 0.1, 80_000]);
  });

  it('counts the hours of the strip', () => {
    const { days } = report().sources[0]!;
    const strip = hourStrip(days, { title: 't', unit: '', says: 's' }).markup;
    // 2160 hours: every third stands still, one of the others lacks its NOx rate.
    expect(strip).toContain('operating: 1,439 h');
    expect(strip).toContain('operating without a NOx rate: 1 h');
    expect(strip).toContain('not operating: 720 h');
  });

  it('separates thousands and rounds ties away from zero', () => {
    expect([number(1234567.5), number('999.95', 1), number('0.0695', 3), number(0, 2)]).toEqual([
      '1,234,567.5',
      '1,000.0',
      '0.070',
      '0.00',
    ]);
  });

  it('names the first of many periods, and how many more there are', () => {
    const one = { from: '2018-01-01T07:00Z', until: '2018-01-02T08:00Z', hours: 25 };
    const list = periodList(
      Array.from({ length: 42 }, () => one),
      OFFSET,
    ).markup;
    expect(list.match(/2018-01-01 00:00 to 2018-01-02 01:00 \(25 h\)/g)).toHaveLength(40);
    expect(list).toContain('and 2 more, in the JSON document');
  });
});
