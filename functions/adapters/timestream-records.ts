import type { NamedMinute } from '#core/ports';

/** Of the table's own columns, of ours, and what begins like a name that has been moved out of their way. */
const TAKEN = /^(time|measure_name|measure_value.*|ts_.*|facility|source|firedSeconds|grossLoad|statuses|channel_.*)$/i;

/** The column of a channel: its name, unless the table has another use for that. No two channels share one. */
export const columnOf = (channel: string): string => (TAKEN.test(channel) ? `channel_${channel}` : channel);

const measure = (name: string, type: 'DOUBLE' | 'VARCHAR') =>
  `{"Name":${JSON.stringify(name)},"Type":"${type}","Value":"`;
const FIRED = measure('firedSeconds', 'DOUBLE');
const LOAD = measure('grossLoad', 'DOUBLE');
const STATUSES = measure('statuses', 'VARCHAR');

/** The first part of each channel's measure. Names are few and come back with every minute. */
const readingMeasures = new Map<string, string>();

const readingMeasure = (channel: string): string => {
  let known = readingMeasures.get(channel);
  if (known === undefined) {
    known = measure(columnOf(channel), 'DOUBLE');
    readingMeasures.set(channel, known);
  }
  return known;
};

/** One record of many measures a source-minute. A reading that is missing is left out; its status says why. */
const recordText = (minute: NamedMinute): string => {
  const { facility, source, channels, readings, statuses, grossLoad } = minute;
  const measures = [`${FIRED}${minute.firedSeconds}"}`];
  if (statuses !== '') measures.push(`${STATUSES}${JSON.stringify(statuses).slice(1)}}`);
  if (grossLoad !== null) measures.push(`${LOAD}${grossLoad}"}`);
  for (let i = 0; i < readings.length; i++) {
    const reading = readings[i];
    const channel = channels[i];
    if (reading != null && channel) measures.push(`${readingMeasure(channel)}${reading}"}`);
  }
  const series = `[{"Name":"facility","Value":${JSON.stringify(facility)}},{"Name":"source","Value":${JSON.stringify(source)}}]`;
  return `{"Dimensions":${series},"Time":"${minute.minute * 60}","Version":${minute.version},"MeasureValues":[${measures.join()}]}`;
};

/** The request of WriteRecords as JSON. */
export const writeRecordsText = (database: string, table: string, minutes: readonly NamedMinute[]): string =>
  `{"DatabaseName":${JSON.stringify(database)},"TableName":${JSON.stringify(table)},` +
  '"CommonAttributes":{"MeasureName":"minute","MeasureValueType":"MULTI","TimeUnit":"SECONDS"},' +
  `"Records":[${minutes.map(recordText).join(',')}]}`;
