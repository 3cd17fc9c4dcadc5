import type { dataApiAudit } from '#adapters/data-api-audit';
import type { Routes } from './asked.ts';
import { type AlarmParts, alarmRoutes } from './routes/alarms.ts';
import { auditRoutes } from './routes/audit.ts';
import { type ExceedanceParts, exceedanceRoutes } from './routes/exceedances.ts';
import { exportRoutes } from './routes/exports.ts';
import { type FacilityParts, facilityRoutes } from './routes/facilities.ts';
import { hourRoutes } from './routes/hour.ts';
import { meRoutes } from './routes/me.ts';
import { type MeasurementParts, measurementRoutes } from './routes/measurements.ts';
import { type PipelineParts, pipelineRoutes } from './routes/pipeline.ts';
import { type ReportParts, reportRoutes } from './routes/reports.ts';
import { seriesRoutes } from './routes/series.ts';

export interface RouteParts
  extends FacilityParts,
    MeasurementParts,
    ExceedanceParts,
    AlarmParts,
    PipelineParts,
    ReportParts {
  readonly audit: ReturnType<typeof dataApiAudit>;
}

/** Everything the API can do. */
export const routesOf = (parts: RouteParts): Routes => ({
  ...meRoutes,
  ...facilityRoutes(parts),
  ...measurementRoutes(parts),
  ...seriesRoutes(parts),
  ...hourRoutes(parts),
  ...exportRoutes(parts),
  ...exceedanceRoutes(parts),
  ...alarmRoutes(parts),
  ...pipelineRoutes(parts),
  ...reportRoutes(parts),
  ...auditRoutes(parts),
});
