import {
  ALARM_PREFIX,
  INGEST_DEGRADED,
  INGEST_DEGRADED_RUNBOOK,
  type Measure,
  SYSTEM_ALARMS,
  type SystemAlarm,
} from './alarms.ts';

const HEAD = `# Runbooks

One page for each group of alarms: what it means, what to look at, how it clears. This page is made from \`lib/alarms.ts\`
(\`npx vitest run test/lib/runbooks.test.ts -u\`).

Alarms tell the topic \`OperationsTopicArn\` of the stack \`EmissionWatch-Storage\` when they ring and when they are well
again. The description begins with what it is worth: a **page** wakes somebody up, a **ticket** waits for the morning. A
subscription that is to get pages only has the filter policy
\`{"AlarmDescription": [{"prefix": "page"}]}\` on the message body. After a deployment each new alarm tells once that it is well.

Names begin with \`${ALARM_PREFIX}\`; where there are several of a kind, the name of the function, stream or queue follows.
The local cloud evaluates the same alarms; what only AWS can measure stays without data there.
`;

/** docs/runbooks/README.md. */
export const runbookIndex = (): string => {
  const rows = SYSTEM_ALARMS.map(
    (row) =>
      `| ${row.title} | ${row.of} | ${conditionOf(row)} | ${row.severity} | [${row.runbook}](${row.runbook}.md) |`,
  );
  const composite = INGEST_DEGRADED.slice(ALARM_PREFIX.length);
  const page = INGEST_DEGRADED_RUNBOOK;
  return [
    HEAD,
    '| alarm | of each | rings when | worth | page |',
    '|---|---|---|---|---|',
    ...rows,
    `| ${composite} | deployment | (RecordsWait or BacklogGrows) and (ConsumerThrottled or DatabaseErrors) | page | [${page}](${page}.md) |`,
    '',
  ].join('\n');
};

const conditionOf = ({ measure, less, percentOf, percentOfLimit, when, threshold, ...row }: SystemAlarm): string => {
  const compared = less
    ? `${nameOf(measure)} - ${nameOf(less)}`
    : percentOf
      ? `${nameOf(measure)} in % of ${nameOf(percentOf)}`
      : percentOfLimit
        ? `${nameOf(measure)} in % of what there is`
        : nameOf(measure);
  const many = row.atLeast === undefined ? row.periods : `${row.atLeast} of ${row.periods}`;
  const silence = row.silence === 'wrong' ? ', or nothing is heard' : '';
  return `${compared} ${when} ${threshold}${silence}, ${many} x ${row.minutes} min`;
};

const nameOf = ({ metric, statistic }: Measure): string => `${metric} (${statistic})`;
