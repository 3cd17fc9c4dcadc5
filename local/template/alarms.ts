import * as z from 'zod';
import {
  type AlarmMetric,
  COMPARISONS,
  type Comparison,
  type CompositeAlarm,
  type MetricAlarm,
} from '../services/cloudwatch/alarm-definition.ts';
import { isStatistic } from '../services/cloudwatch/metric-store.ts';
import { IGNORED, type TemplateResource, type Templates } from './templates.ts';

const told = {
  AlarmName: z.string().optional(),
  AlarmDescription: z.string().optional(),
  ActionsEnabled: z.boolean().default(true),
  AlarmActions: z.array(z.string().startsWith('arn:aws:sns:', 'only topics are told')).default([]),
  OKActions: z.array(z.string().startsWith('arn:aws:sns:', 'only topics are told')).default([]),
  InsufficientDataActions: z.array(z.string().startsWith('arn:aws:sns:', 'only topics are told')).default([]),
  Tags: IGNORED,
};

const statistic = z.string().refine(isStatistic, 'Sum, SampleCount, Average, Minimum, Maximum or a percentile');
const period = z.int().multipleOf(60, 'whole minutes');
const dimensions = z
  .array(z.strictObject({ Name: z.string(), Value: z.string() }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ Name, Value }) => [Name, Value])));

const query = z.strictObject({
  Id: z.string(),
  Label: IGNORED,
  ReturnData: z.boolean().default(true),
  Expression: z.string().optional(),
  Period: z.int().optional(),
  MetricStat: z
    .strictObject({
      Metric: z.strictObject({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensions }),
      Period: period,
      Stat: statistic,
    })
    .optional(),
});

const alarmProperties = z.strictObject({
  ...told,
  ComparisonOperator: z.enum(Object.keys(COMPARISONS) as [Comparison, ...Comparison[]]),
  EvaluationPeriods: z.int().min(1),
  DatapointsToAlarm: z.int().min(1).optional(),
  Threshold: z.number(),
  TreatMissingData: z.enum(['missing', 'ignore', 'breaching', 'notBreaching']).default('missing'),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensions,
  Period: period.optional(),
  Statistic: statistic.optional(),
  ExtendedStatistic: statistic.optional(),
  Metrics: z.array(query).optional(),
});

const compositeProperties = z.strictObject({ ...told, AlarmRule: z.string() });

/** The alarms on metrics. Their expressions name metrics, and expressions that stand before them. */
export const metricAlarmsOf = (templates: Templates): MetricAlarm[] =>
  templates.ofType('AWS::CloudWatch::Alarm').map((resource) => {
    const properties = resource.properties(alarmProperties);
    return {
      ...toldOf(resource, properties),
      ...comparedOf(resource, properties),
      evaluationPeriods: properties.EvaluationPeriods,
      datapointsToAlarm: properties.DatapointsToAlarm ?? properties.EvaluationPeriods,
      threshold: properties.Threshold,
      comparison: properties.ComparisonOperator,
      missing: properties.TreatMissingData,
    };
  });

export const compositeAlarmsOf = (templates: Templates): CompositeAlarm[] =>
  templates.ofType('AWS::CloudWatch::CompositeAlarm').map((resource) => {
    const properties = resource.properties(compositeProperties);
    return { ...toldOf(resource, properties), rule: properties.AlarmRule };
  });

const toldOf = (resource: TemplateResource, properties: z.infer<z.ZodObject<typeof told>>) => ({
  name: resource.name,
  arn: resource.attribute('Arn'),
  description: properties.AlarmDescription,
  actionsEnabled: properties.ActionsEnabled,
  alarmActions: properties.AlarmActions,
  okActions: properties.OKActions,
  insufficientDataActions: properties.InsufficientDataActions,
});

const comparedOf = (
  resource: TemplateResource,
  { Metrics, Namespace, MetricName, Dimensions, Period, ...rest }: z.infer<typeof alarmProperties>,
): Pick<MetricAlarm, 'metrics' | 'expressions' | 'compared' | 'periodSeconds'> => {
  const stat = rest.Statistic ?? rest.ExtendedStatistic;
  if (!Metrics) {
    if (Namespace === undefined || MetricName === undefined || Period === undefined || stat === undefined)
      throw refusal(resource, 'it has neither Metrics nor namespace, name, period and statistic of one');
    const metric = { namespace: Namespace, name: MetricName, dimensions: Dimensions };
    return { metrics: [{ id: 'm', metric, statistic: stat }], expressions: [], compared: 'm', periodSeconds: Period };
  }
  const metrics: AlarmMetric[] = Metrics.flatMap(({ Id, MetricStat }) => {
    if (!MetricStat) return [];
    const { Namespace: namespace, MetricName: name, Dimensions: dimensions } = MetricStat.Metric;
    return [{ id: Id, metric: { namespace, name, dimensions }, statistic: MetricStat.Stat }];
  });
  const periods = new Set(Metrics.flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
  const returned = Metrics.filter(({ ReturnData }) => ReturnData);
  if (periods.size !== 1) throw refusal(resource, `its metrics have periods of ${[...periods].join(' and ')} s`);
  if (returned.length !== 1) throw refusal(resource, `${returned.length} of its metrics return data, expected one`);
  const expressions = Metrics.flatMap(({ Id, Expression }) =>
    Expression === undefined ? [] : [{ id: Id, expression: Expression }],
  );
  return { metrics, expressions, compared: returned[0]!.Id, periodSeconds: [...periods][0]! };
};

const refusal = ({ stack, logicalId }: TemplateResource, why: string): Error =>
  new Error(`${stack}/${logicalId} (AWS::CloudWatch::Alarm) cannot run in the local cloud: ${why}`);
