import type { OPERATIONS, OperationName } from '#core/contracts/api/operations';

type Operations = typeof OPERATIONS;

/**
 * Method and path of every operation. The contract holds them too, but with its schemas, which need not be in the
 * bundle; the compiler sees to it that the two say the same.
 */
export const ENDPOINTS: {
  readonly [Name in OperationName]: readonly [Operations[Name]['method'], Operations[Name]['path']];
} = {
  me: ['GET', '/me'],
  facilities: ['GET', '/facilities'],
  facility: ['GET', '/facilities/{facility}'],
  plan: ['GET', '/facilities/{facility}/plan'],
  alarmSettings: ['GET', '/facilities/{facility}/alarm-settings'],
  changeAlarmSettings: ['PUT', '/facilities/{facility}/alarm-settings'],
  latestMinute: ['GET', '/facilities/{facility}/sources/{source}/latest-minute'],
  minutes: ['GET', '/facilities/{facility}/sources/{source}/minutes'],
  hours: ['GET', '/facilities/{facility}/sources/{source}/hours'],
  hour: ['GET', '/facilities/{facility}/sources/{source}/hours/{hour}'],
  series: ['GET', '/facilities/{facility}/sources/{source}/series'],
  compliance: ['GET', '/facilities/{facility}/sources/{source}/compliance'],
  exportHours: ['GET', '/facilities/{facility}/sources/{source}/hours.csv'],
  exportMinutes: ['GET', '/facilities/{facility}/sources/{source}/minutes.csv'],
  exceedances: ['GET', '/exceedances'],
  exceedance: ['GET', '/exceedances/{id}'],
  acknowledgeExceedance: ['POST', '/exceedances/{id}/acknowledgement'],
  explainExceedance: ['PUT', '/exceedances/{id}/cause'],
  alarms: ['GET', '/alarms'],
  alarm: ['GET', '/alarms/{id}'],
  acknowledgeAlarm: ['POST', '/alarms/{id}/acknowledgement'],
  quarantine: ['GET', '/quarantine'],
  pipeline: ['GET', '/pipeline'],
  continuity: ['GET', '/continuity'],
  reports: ['GET', '/reports'],
  startReport: ['POST', '/reports'],
  report: ['GET', '/reports/{facility}/{year}/{quarter}/{revision}'],
  downloadReport: ['GET', '/reports/{facility}/{year}/{quarter}/{revision}/download'],
  audit: ['GET', '/audit'],
};
