import * as z from 'zod';
import type { MetricId } from './metric-store.ts';

const directive = z.object({
  Namespace: z.string(),
  Dimensions: z.array(z.array(z.string())),
  Metrics: z.array(z.object({ Name: z.string() })),
});
const embedded = z.looseObject({ _aws: z.object({ CloudWatchMetrics: z.array(directive) }) });
const values = z.union([z.number(), z.array(z.number())]);

const MARK = Buffer.from('"_aws"');
const NEWLINE = 0x0a;
const NONE = Buffer.alloc(0);
/** As much as CloudWatch takes of a line. */
const MAX_LINE_BYTES = 256 * 1024;

/**
 * Reads a function's output and counts what its lines say in the embedded metric format. Lines without metrics, nearly
 * all of them, are passed over as they are, without being decoded.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const emfReader = (add: (id: MetricId, value: number) => void): ((chunk: Buffer) => void) => {
  let rest: Buffer = NONE;
  return (chunk) => {
    const whole = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = whole.lastIndexOf(NEWLINE) + 1;
    const begun = whole.length - end;
    rest = begun === 0 || begun > MAX_LINE_BYTES ? NONE : Buffer.from(whole.subarray(end));
    const lines = whole.subarray(0, end);
    for (let at = lines.indexOf(MARK); at >= 0; ) {
      const first = lines.lastIndexOf(NEWLINE, at) + 1;
      const last = lines.indexOf(NEWLINE, at);
      countLine(lines.subarray(first, last).toString('utf8'), add);
      at = lines.indexOf(MARK, last);
    }
  };
};

const countLine = (line: string, add: (id: MetricId, value: number) => void): void => {
  const read = embedded.safeParse(parsed(line));
  if (!read.success) return;
  const { _aws, ...members } = read.data;
  for (const { Namespace, Dimensions, Metrics } of _aws.CloudWatchMetrics)
    for (const { Name } of Metrics) {
      const value = values.safeParse(members[Name]);
      if (!value.success) continue;
      for (const names of Dimensions.length > 0 ? Dimensions : [[]]) {
        const dimensions = Object.fromEntries(names.map((name) => [name, String(members[name])]));
        for (const one of [value.data].flat()) add({ namespace: Namespace, name: Name, dimensions }, one);
      }
    }
};

/** CloudWatch makes no metric of a line that is not JSON, and says nothing about it. */
const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};
