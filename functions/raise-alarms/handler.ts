import middy from '@middy/core';
import * as z from 'zod';
import { MetricUnit, observed } from '#adapters/observed';
import { type AlarmDecisions, decideAlarms } from '#core/alarms/decide-alarms';
import { counted } from '#core/alarms/figures';
import { dailySelfTest, selfTestFor } from '#core/alarms/self-test';
import type { AlarmStore, NoticePublisher } from '#core/ports';
import { publishNotices } from './publish-notices.ts';

export interface RaiseAlarms {
  readonly alarms: AlarmStore;
  readonly publisher: NoticePublisher;
  readonly consoleUrl: string | undefined;
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
}

/** Facilities a transaction: their state is a few answers of the database. */
const FACILITIES = 500;

/** What somebody may ask for, besides what the schedule does: a test of the way to people, now. */
const request = z.object({ selfTest: z.object({ who: z.string().min(1).max(200) }) });

/** Once a minute decides what people are to know, and tells them. */
export const makeHandler = ({ alarms, publisher, consoleUrl, now }: RaiseAlarms) => {
  const { logger, metrics, middleware } = observed('raise-alarms');

  const handle = async (event: unknown): Promise<{ published: number; waiting: number }> => {
    const asked = request.safeParse(event);
    const at = now();
    const test = asked.success ? selfTestFor(asked.data.selfTest.who, at) : dailySelfTest(at);
    if (test) await alarms.tellOnce(test.key, test.notice);

    // What waits is told even when the decisions of this minute cannot be made.
    let undecided: unknown;
    const decided = await decideForAll(alarms, at).catch((error: unknown) => {
      undecided = error;
      return { raised: 0, cleared: 0, escalated: 0, exceedances: undefined };
    });
    metrics.addMetric('AlarmsRaised', MetricUnit.Count, decided.raised);
    metrics.addMetric('AlarmsCleared', MetricUnit.Count, decided.cleared);
    metrics.addMetric('AlarmsEscalated', MetricUnit.Count, decided.escalated);

    const { published, selfTests, failures, waiting } = await publishNotices(alarms, publisher, consoleUrl);
    metrics.addMetric('NoticesPublished', MetricUnit.Count, published);
    metrics.addMetric('NoticesWaiting', MetricUnit.Count, waiting);
    metrics.addMetric('NoticeFailures', MetricUnit.Count, failures.size);
    if (decided.exceedances !== undefined) metrics.addMetric('ExceedancesOpen', MetricUnit.Count, decided.exceedances);
    if (selfTests > 0) metrics.addMetric('SelfTestPublished', MetricUnit.Count, selfTests);
    for (const [message, error] of failures) logger.error('notices not published', { message, error });
    if (undecided !== undefined) logger.error('alarms not decided', { error: undecided });

    const errors = [...failures.values(), ...(undecided === undefined ? [] : [undecided])];
    if (errors.length > 0)
      throw new AggregateError(
        errors,
        failures.size > 0
          ? `${counted(waiting, 'notice')} not told, for the next run: ${[...failures.keys()].join(', ')}: ${reason(errors[0])}`
          : `alarms were not decided: ${reason(undecided)}`,
      );
    return { published, waiting };
  };

  return middy<unknown, { published: number; waiting: number }>().use(middleware).handler(handle);
};

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const decideForAll = async (alarms: AlarmStore, now: number) => {
  const sum = { raised: 0, cleared: 0, escalated: 0, exceedances: 0 };
  const add = (decisions: AlarmDecisions) => {
    sum.raised += decisions.raised.length;
    sum.cleared += decisions.cleared.length;
    sum.escalated += decisions.escalated.length;
    return decisions;
  };
  for (let after: string | undefined = ''; after !== undefined; )
    after = await alarms.decideOver({ after, limit: FACILITIES, now }, (state) => {
      sum.exceedances += state.runs.filter((run) => run.state === 'lasting').length;
      return add(decideAlarms(state, now));
    });
  return sum;
};
