import { joinNotices, type WaitingNotice } from '#core/alarms/notice-message';
import type { AlarmStore, NoticePublisher } from '#core/ports';

/** Notices read at a time: a notice has some 1 KB, and an answer may hold 1 MiB. */
const PAGE = 500;
/** More wait for the next run. */
const MOST = 20_000;
/** Messages on their way at a time. */
const AT_A_TIME = 8;

export interface Published {
  readonly published: number;
  readonly selfTests: number;
  readonly failures: ReadonlyMap<string, unknown>;
  /** Notices still to be told. */
  readonly waiting: number;
}

/**
 * Tells people what waits. A notice is struck off only after its message was accepted: whoever dies between the two
 * has it told again, and none is lost. A message that is refused does not hold up the others.
 */
export const publishNotices = async (
  alarms: AlarmStore,
  publisher: NoticePublisher,
  consoleUrl: string | undefined,
): Promise<Published> => {
  const waiting = await everyWaiting(alarms);
  const messages = [...joinNotices(waiting, consoleUrl)];
  const selfTests = new Set(waiting.filter(({ notice }) => notice.kind === 'self-test').map(({ id }) => id));
  const failures = new Map<string, unknown>();
  let published = 0;
  let tested = 0;
  const publishNext = async () => {
    for (let next = messages.shift(); next; next = messages.shift()) {
      const { message, ids } = next;
      const name = `${message.topic} of ${message.facility}`;
      const fail = (error: unknown) => {
        failures.set(name, error);
        return false;
      };
      const accepted = await publisher.publish(message).then(() => true, fail);
      const noted = await alarms.noteAttempt(ids, accepted).then(() => true, fail);
      if (!accepted || !noted) continue;
      published += ids.length;
      tested += ids.filter((id) => selfTests.has(id)).length;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, publishNext));
  return { published, selfTests: tested, failures, waiting: waiting.length - published };
};

const everyWaiting = async (alarms: AlarmStore): Promise<WaitingNotice[]> => {
  const all: WaitingNotice[] = [];
  for (;;) {
    const some = await alarms.waitingNotices(all.at(-1)?.id ?? 0, PAGE);
    for (const one of some) all.push(one);
    if (some.length < PAGE || all.length >= MOST) return all;
  }
};
