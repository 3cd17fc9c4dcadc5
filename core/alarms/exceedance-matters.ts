import { story } from './exceedance-notice.ts';
import type { Matter } from './matter.ts';
import type { PlantState } from './plant-state.ts';

/** Runs of windows over a limit that last. People were told when the run was found. */
export const exceedanceMatters = (state: PlantState): Matter[] =>
  state.runs
    .filter((run) => run.state === 'lasting')
    .map((run) => ({
      source: run.source,
      kind: 'exceedance',
      subject: run.rule,
      run: run.id,
      minute: run.first * 60,
      level: 0,
      text: `Source ${run.source} exceeds its limit ${run.rule}: ${story(state, run)}`,
      stand: 'raise',
      toldElsewhere: true,
    }));
