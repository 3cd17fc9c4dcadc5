import type { Notice } from '../contracts/notice.ts';

/** From then on, UTC: nobody is to be woken by a test. */
const FROM_HOUR = 12;

interface SelfTest {
  readonly key: string;
  readonly notice: Notice;
}

/** The test of the day, from noon UTC on. */
export const dailySelfTest = (now: number): SelfTest | undefined => {
  const at = new Date(now).toISOString();
  if (Number(at.slice(11, 13)) < FROM_HOUR) return undefined;
  const day = at.slice(0, 10);
  return {
    key: `self-test ${day}`,
    notice: selfTest(
      at,
      `This is the daily test of the way to you, of ${day}. Nothing is the matter. ` +
        'On a day without it alarms do not reach you either: then tell whoever operates EmissionWatch.',
    ),
  };
};

/** A test that somebody asks for. */
export const selfTestFor = (who: string, now: number): SelfTest => {
  const at = new Date(now).toISOString();
  return {
    key: `self-test ${at} ${who}`,
    notice: selfTest(at, `A test of the way to you, asked for by ${who}. Nothing is the matter.`),
  };
};

const selfTest = (at: string, text: string): Notice => ({
  v: 1,
  kind: 'self-test',
  facility: null,
  source: null,
  alarm: null,
  alarmId: null,
  exceedanceId: null,
  at,
  subject: 'EmissionWatch: test of the notices',
  text,
});
