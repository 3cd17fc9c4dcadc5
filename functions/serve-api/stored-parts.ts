import type { Database } from '#adapters/data-api';
import { dataApiAlarmList } from '#adapters/data-api-alarm-list';
import { dataApiAudit } from '#adapters/data-api-audit';
import { dataApiExceedanceList } from '#adapters/data-api-exceedance-list';
import { dataApiPipeline } from '#adapters/data-api-pipeline';
import { dataApiPlans } from '#adapters/data-api-plans';
import { dataApiPlantState } from '#adapters/data-api-plant-state';
import { dataApiQuarter } from '#adapters/data-api-quarter';
import { dataApiReports } from '#adapters/data-api-reports';
import { dataApiSeries } from '#adapters/data-api-series';

/** What the API reads and writes in the database; the rest of its parts are other services. */
export const storedParts = (database: Database) => ({
  database,
  plans: dataApiPlans(database),
  plantState: dataApiPlantState(database),
  series: dataApiSeries(database),
  exceedances: dataApiExceedanceList(database),
  alarms: dataApiAlarmList(database),
  pipeline: dataApiPipeline(database),
  reports: dataApiReports(database),
  quarters: dataApiQuarter(database),
  audit: dataApiAudit(database),
});
