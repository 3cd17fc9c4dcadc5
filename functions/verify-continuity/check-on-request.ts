import { lastExpected } from '#core/continuity/expected';
import type { Hole } from '#core/continuity/find-gaps';
import { minutesIn, type Range } from '#core/continuity/ranges';
import {
  CLASS_OF_REASON,
  type ContinuityReport,
  type ContinuityRequest,
  continuityRequest,
  type FacilityContinuity,
  isMissing,
  MOST_DAYS,
} from '#core/contracts/continuity-report';
import { minuteOfText, textOfMinute } from '#core/time';
import { ask } from './ask.ts';
import { type Certify, certify } from './certify.ts';
import { declaredMinutes } from './declared-minutes.ts';
import { type Examined, type ExamineFacility, examine } from './examine.ts';
import { portions } from './portions.ts';
import { RequestRefusedError } from './refusal.ts';

/** An answer of a function may hold 6 MB; a gap has some 130 bytes, a source 200 and 300 more in a certificate. */
const MOST_GAPS = 15_000;
const MOST_SOURCES = 5000;

/**
 * Looks at any range of any facilities, remembers nothing but requests to resend, and certifies the range when that is
 * wanted and nothing is missing. Of more facilities than an answer holds it takes the first, in order of their names, and
 * says with which it ends; a certificate is only for what fits.
 * @throws RequestRefusedError that says what is wrong with the request
 */
export const checkOnRequest = async (
  parts: ExamineFacility & Certify,
  event: unknown,
  now: Date,
): Promise<ContinuityReport> => {
  const { range: given, facilities, certificate, resend, after = '' } = readRequest(event);
  const nowMinute = Math.floor(now.getTime() / 60_000);
  const range = checkRange(given, certificate, lastExpected(nowMinute));
  const known = await parts.store.facilities();
  const watched = known.filter(({ facility }) => !facilities || facilities.includes(facility));
  const unknown = facilities?.find((name) => watched.every(({ facility }) => facility !== name));
  if (unknown !== undefined)
    throw new RequestRefusedError(`facility ${unknown} is not known: it has no monitoring plan`);
  const start = after === '' ? 0 : watched.findIndex(({ facility }) => facility === after) + 1;
  if (after !== '' && start === 0)
    throw new RequestRefusedError(`facility ${after} is not among those asked for: begin again`);
  const size = watched.reduce((sum, { sources }) => sum + sources, 0);
  if (certificate && (after !== '' || size > MOST_SOURCES))
    throw new RequestRefusedError(
      `a certificate is for up to ${MOST_SOURCES} sources, the facilities have ${size}: name some of them (--facility), and ask for a certificate for each part`,
    );

  const answers: FacilityContinuity[] = [];
  const all: Examined[] = [];
  let room = MOST_GAPS;
  let sourcesLeft = MOST_SOURCES;
  let continueAfter: string | undefined;
  for (const { facility, sources } of watched.slice(start)) {
    if (answers.length > 0 && !certificate && (room === 0 || sources > sourcesLeft)) {
      continueAfter = answers.at(-1)!.facility;
      break;
    }
    sourcesLeft -= sources;
    const holes: Hole[] = [];
    for (const portion of portions([{ ...range, facility, sources }]))
      for (const hole of await parts.store.holes(portion)) holes.push(hole);
    const first = await examine(parts, facility, range, holes, nowMinute);
    const { examined, asked } = resend ? await ask(parts, first, true) : { examined: first, asked: [] };
    const answer = answerOf(examined, range, asked, room);
    room = Math.max(0, room - answer.gaps.length - answer.declaredOutages.length);
    answers.push(answer);
    all.push(examined);
  }
  const complete = all.every(({ gaps }) => !gaps.some(isMissing));
  const expects = all.some(({ findings }) => findings.some(({ expected }) => expected.length > 0));
  if (certificate && !expects)
    throw new RequestRefusedError(
      `no minute is expected from ${given.from} to ${given.until}: there is nothing to certify`,
    );
  return {
    v: 1,
    range: texts(range),
    checkedAt: now.toISOString(),
    complete,
    facilities: answers,
    ...(continueAfter !== undefined && { continueAfter }),
    ...(certificate && complete && { certificate: await certify(parts, range, all, now) }),
  };
};

const readRequest = (event: unknown): ContinuityRequest => {
  const read = continuityRequest.safeParse(event);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new RequestRefusedError(`the request cannot be read: ${issue!.path.join('.')}: ${issue!.message}`);
};

const checkRange = (given: ContinuityRequest['range'], certificate: boolean, last: number): Range => {
  const from = minuteOfText(given.from);
  const wanted = minuteOfText(given.until);
  if (certificate && wanted > last)
    throw new RequestRefusedError(
      `minutes can be certified up to ${textOfMinute(last)} now, got a range until ${given.until}`,
    );
  const until = Math.min(wanted, last);
  if (from >= until)
    throw new RequestRefusedError(
      `the range from ${given.from} to ${given.until} holds no minute before ${textOfMinute(last)}, the last that can be here by now`,
    );
  if (until - from > MOST_DAYS * 24 * 60)
    throw new RequestRefusedError(
      `the range from ${given.from} to ${given.until} is longer than ${MOST_DAYS} days: ask for parts of it`,
    );
  return { from, until };
};

const texts = ({ from, until }: Range) => ({ from: textOfMinute(from), until: textOfMinute(until) });

const answerOf = (
  { facility, state, outages, findings, gaps }: Examined,
  range: Range,
  asked: readonly Range[],
  room: number,
): FacilityContinuity => ({
  facility,
  lastHeard: state.heardMinute === undefined ? null : textOfMinute(state.heardMinute),
  sources: state.sources.map((source) => {
    const { expected, missing, withoutReading, notReported } = findings.find((one) => one.source === source.source)!;
    const missingMinutes = minutesIn(missing) + minutesIn(notReported);
    return {
      source: source.source,
      begins: source.begins === null ? null : textOfMinute(source.begins),
      expectedMinutes: minutesIn(expected),
      storedMinutes: minutesIn(expected) - missingMinutes,
      declaredOutageMinutes: declaredMinutes(source, range, outages),
      analyserDownMinutes: minutesIn(withoutReading),
      missingMinutes,
    };
  }),
  declaredOutages: outages.map(({ source, ...outage }) => ({ source, ...texts(outage) })),
  gaps: gaps.slice(0, room).map(({ source, from, until, reason }) => ({
    source,
    ...texts({ from, until }),
    class: CLASS_OF_REASON[reason],
    reason,
  })),
  gapsLeftOut: Math.max(0, gaps.length - room),
  asked: asked.map(texts),
});
