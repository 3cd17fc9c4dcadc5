import { withoutRetries } from './change-template.ts';
import { alarms } from './scenes/alarms.ts';
import { continuity } from './scenes/continuity.ts';
import { deploymentAgain, missedSchedules } from './scenes/deployments.ts';
import { people } from './scenes/people.ts';
import { pipeline } from './scenes/pipeline.ts';
import { provisioning } from './scenes/provisioning.ts';
import { recovery } from './scenes/recovery.ts';
import { reports } from './scenes/reports.ts';
import { type Folder, SERIAL, type Stage, withStage } from './stage.ts';

/** Takes every path through the local cloud on which a permission counts, and records each request. */
export const playEverything = async (folder: Folder): Promise<void> => {
  withoutRetries(folder.assembly);
  const refusal = watched(folder.requests);
  // Whoever is refused may retry for ever: that is the end, and not a later time limit.
  await withStage(folder, (stage) => Promise.race([everyScene(stage), refusal]));
  await deploymentAgain(folder);
  await missedSchedules(folder);
};

const everyScene = async (stage: Stage): Promise<void> => {
  // The first state of an alarm is told nobody.
  await stage.minutePasses();
  const device = await provisioning(stage);
  await pipeline(stage, device);
  await recovery(stage);
  await device.whileRunning(() => continuity(stage));
  await stage.ew('device', 'revoke', SERIAL, '--why', 'the end of the test');
  await reports(stage);
  await alarms(stage);
  await people(stage);
};

/** Rejects with the first request among these that is refused. */
const watched = (requests: Folder['requests']): Promise<never> =>
  new Promise((_, reject) => {
    let seen = 0;
    const look = setInterval(() => {
      for (; seen < requests.length; seen++) {
        const { caller, action, resource, decision } = requests[seen]!;
        if (decision.allowed) continue;
        clearInterval(look);
        reject(new Error(`${caller.arn} was refused ${action} on ${resource} ${decision.because}`));
      }
    }, 50);
    look.unref();
  });
