import type { QuarterlyReport } from '../../contracts/quarterly-report.ts';
import { quarterName } from '../names.ts';
import { isInterim } from '../quarterly-report.ts';
import { html, type Markup } from './markup.ts';
import { notOnRecord, sourceSection } from './source.ts';
import { STYLE } from './style.ts';
import { headlines, totalsTable } from './totals.ts';
import { clockName, counted, number, parameterName } from './words.ts';

const ORDINALS = ['First', 'Second', 'Third', 'Fourth'];

/**
 * The report as one page that needs nothing else: no script, no font, no picture from elsewhere. The same report gives
 * the same bytes.
 */
export const reportPage = (report: QuarterlyReport): string => {
  const { facilityName, facility, orisCode, year, quarter, revision, period } = report;
  const name = `${facilityName}, ${quarterName(report)}`;
  const code = orisCode === null ? `facility ${facility}` : `ORIS ${orisCode}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${name}: quarterly emissions report</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<main>
<header>
<p class="over-title">Quarterly emissions report, ${code}, revision ${revision}</p>
<h1>${facilityName}: ${ORDINALS[quarter - 1]!.toLowerCase()} quarter of ${year}</h1>
<p>${badge(report)} <span class="soft">${period.firstDay} to ${period.lastDay}, standard time of the plant (${clockName(period.utcOffsetMinutes)}, no daylight saving)</span></p>
</header>
${headlines(report)}
${whatIsMissing(report)}
<h2>Summary values</h2>
${totalsTable(report)}
<p class="soft small">By the summary rules of 40 CFR Part 75 reporting: sums of the hourly rates times operating time, rounded once; the NOx rate is the plain mean over operating hours. Hours for which substitute data are due are left out of a total, counted beside it and listed below. Where an hour between the first and the last stored one is not stored, no total is given; where hours before or after them are not stored, the total is of the stored hours and says so.</p>
${report.sources.map((source) => sourceSection(report, source))}
${about(report)}
</main>
</body>
</html>
`.markup;
};

const badge = (report: QuarterlyReport): Markup =>
  isInterim(report)
    ? html`<span class="badge warn">! interim: the quarter is not over</span>`
    : report.complete
      ? html`<span class="badge good">✓ every hour stored</span>`
      : html`<span class="badge warn">! hours not stored</span>`;

const whatIsMissing = (report: QuarterlyReport): Markup => {
  const { sources, summaryValueData, generatedAt } = report;
  const items: string[] = [];
  if (isInterim(report))
    items.push(`The quarter was not over when this was made (${generatedAt}): its totals are of the hours until then.`);
  for (const { source, coverage, missingData, exceedances, limits } of sources) {
    const absent = coverage.hoursExpected - coverage.hoursStored;
    if (absent > 0)
      items.push(
        `${source}: ${number(absent)} of ${counted(coverage.hoursExpected, 'hour')} expected of it are not stored; its totals are of the hours that are.`,
      );
    const lacking = missingData.filter(({ hours }) => hours > 0);
    if (lacking.length > 0)
      items.push(
        `${source}: ${counted(Math.max(...lacking.map(({ hours }) => hours)), 'operating hour')} without ${lacking.map(({ parameter }) => parameterName(parameter)).join(', ')}; substitute data are due.`,
      );
    const unexplained = exceedances.filter(({ state, reason }) => state !== 'retracted' && reason === null).length;
    if (unexplained > 0) items.push(`${source}: ${counted(unexplained, 'exceedance')} without a cause.`);
    items.push(...notOnRecord(limits).map((line) => `${source}, ${line}`));
  }
  if (items.length === 0)
    return html`<div class="box good"><h3>Nothing is missing</h3><p>Every hour of the quarter is stored, every operating hour has every value, and no exceedance is without a cause.</p></div>`;
  const without = summaryValueData.filter(({ totalCovers }) => totalCovers === 'not-recalculable').length;
  const measuredOnly = summaryValueData.filter(({ totalCovers }) => totalCovers === 'measured-hours').length;
  return html`<div class="box warn"><h3>What is missing</h3><ul>${items.map((item) => html`<li>${item}</li>`)}</ul>${measuredOnly > 0 ? html`<p>${counted(measuredOnly, 'total')} of ${number(summaryValueData.length)} are of measured hours only.</p>` : ''}${without > 0 ? html`<p>${counted(without, 'summary value')} of ${number(summaryValueData.length)} cannot be given as a total.</p>` : ''}</div>`;
};

const about = (report: QuarterlyReport): Markup => html`<h2>What this report is not</h2>
<ul>${report.limitations.map((item) => html`<li>${item}</li>`)}</ul>
<h2>How it was made</h2>
<dl class="facts">
<dt>Generated</dt><dd>${report.generatedAt} by EmissionWatch ${report.softwareVersion}</dd>
<dt>Started by</dt><dd>${report.startedBy}</dd>
<dt>Made from</dt><dd>${counted(report.madeFrom.hours, 'stored hour')}; SHA-256 <code>${report.madeFrom.sha256}</code></dd>
<dt>Period</dt><dd>${report.period.from} until ${report.period.until} (${number(report.period.hours)} hours)</dd>
</dl>
<footer><p>The JSON document beside this page holds every number shown here, with the exact sums before rounding, each missing hour, and the digests of what each source was made from.</p></footer>`;
