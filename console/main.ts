import type { Routes } from './page.ts';
import { alarmPage } from './pages/alarm.ts';
import { alarmsPage } from './pages/alarms.ts';
import { auditPage } from './pages/audit.ts';
import { exceedancePage } from './pages/exceedance.ts';
import { exceedancesPage } from './pages/exceedances.ts';
import { facilityPage } from './pages/facility.ts';
import { fleetPage } from './pages/fleet.ts';
import { hourPage } from './pages/hour.ts';
import { pipelinePage } from './pages/pipeline.ts';
import { reportsPage } from './pages/reports.ts';
import { settingsPage } from './pages/settings.ts';
import { sourcePage } from './pages/source.ts';
import { startConsole } from './start.ts';

const ROUTES: Routes = {
  '': fleetPage,
  'facilities/:facility': facilityPage,
  'facilities/:facility/settings': settingsPage,
  'facilities/:facility/sources/:source': sourcePage,
  'facilities/:facility/sources/:source/hours/:hour': hourPage,
  alarms: alarmsPage,
  'alarms/:id': alarmPage,
  exceedances: exceedancesPage,
  'exceedances/:id': exceedancePage,
  pipeline: pipelinePage,
  reports: reportsPage,
  audit: auditPage,
};

void startConsole(document.body, ROUTES);
