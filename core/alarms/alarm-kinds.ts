/** What a person is told of a plant. (Alarms on the system itself are CloudWatch's.) */
export const ALARM_KINDS = {
  exceedance: 'limit exceeded',
  'limit-warning': 'share of the limit reached',
  headroom: 'limit near at present emissions',
  'analyser-fault': 'analyser without valid readings',
  'data-stopped': 'no data from the facility',
} as const;
export type AlarmKind = keyof typeof ALARM_KINDS;
