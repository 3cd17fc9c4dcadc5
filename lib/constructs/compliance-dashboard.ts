import { Duration } from 'aws-cdk-lib';
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  PeriodOverride,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

const PERIOD = Duration.minutes(5);

/** For the environmental engineer: all plants together. Each plant by itself is a page of the console. */
export const complianceDashboard = (scope: Construct, id: string): Dashboard => {
  const counted = (
    label: string,
    service: string,
    metricName: string,
    statistic: string,
    more: Readonly<Record<string, string>> = {},
  ): IMetric =>
    new Metric({
      namespace: 'EmissionWatch',
      metricName,
      statistic,
      period: PERIOD,
      dimensionsMap: { service, ...more },
      label,
    });
  const missing = (gapClass: string) =>
    counted(gapClass, 'verify-continuity', 'GapMinutes', 'Maximum', { class: gapClass });
  const graph = (title: string, left: IMetric[], right: IMetric[] = []) =>
    new GraphWidget({ title, left, right, width: 12, height: 6 });
  const dashboard = new Dashboard(scope, id, {
    dashboardName: 'EmissionWatch-Compliance',
    periodOverride: PeriodOverride.INHERIT,
    defaultInterval: Duration.days(3),
  });
  dashboard.addWidgets(
    new SingleValueWidget({
      title: 'now',
      width: 24,
      height: 4,
      metrics: [
        counted('exceedances that last', 'raise-alarms', 'ExceedancesOpen', 'Maximum'),
        counted('worst share of a limit, %', 'check-compliance', 'WorstShare', 'Maximum'),
        missing('lost'),
        counted('facilities not connected', 'verify-continuity', 'FacilitiesOffline', 'Maximum'),
      ],
    }),
  );
  dashboard.addWidgets(
    graph(
      'windows checked, and those over their limit',
      [counted('checked', 'check-compliance', 'WindowsChecked', 'Sum')],
      [counted('over the limit', 'check-compliance', 'WindowsExceeded', 'Sum')],
    ),
    graph('worst share of a limit, %', [counted('worst', 'check-compliance', 'WorstShare', 'Maximum')]),
  );
  dashboard.addWidgets(
    graph('hours computed', [
      counted('as minutes came', 'calculate-emissions', 'HoursComputed', 'Sum'),
      counted('because none came', 'close-periods', 'HoursClosed', 'Sum'),
    ]),
    graph(
      'minutes stored, and messages in quarantine',
      [counted('minutes', 'calculate-emissions', 'MinutesStored', 'Sum')],
      [counted('quarantined', 'validate-measurements', 'MessagesQuarantined', 'Sum')],
    ),
  );
  dashboard.addWidgets(
    graph('missing minutes', ['lost', 'recoverable', 'resend-requested', 'buffered', 'edge-offline'].map(missing)),
    graph('notices', [
      counted('sent', 'raise-alarms', 'NoticesPublished', 'Sum'),
      counted('waiting', 'raise-alarms', 'NoticesWaiting', 'Maximum'),
      counted('refused', 'raise-alarms', 'NoticeFailures', 'Sum'),
    ]),
  );
  return dashboard;
};
