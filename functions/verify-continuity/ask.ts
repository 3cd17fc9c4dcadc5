import { randomUUID } from 'node:crypto';
import { classify, isSilent } from '#core/continuity/classify';
import { intersect, type Range, unite } from '#core/continuity/ranges';
import { isDueAgain, type ResendRequest, rangesToAsk } from '#core/continuity/resend';
import { isMissing } from '#core/contracts/continuity-report';
import { textOfMinute } from '#core/time';
import type { Examined, ExamineFacility } from './examine.ts';

/**
 * Asks a facility's agents for what is missing and not asked for yet, and again for what they have not answered. A
 * request is remembered before it is sent: what is lost on the way is then sent again. A silent facility is not asked,
 * because nobody would hear it.
 *
 * @param again an operator asks: also for what the agents have answered before
 * @returns the facility with its gaps as they stand now, and the ranges that were asked for
 */
export const ask = async (
  { store, agents }: ExamineFacility,
  examined: Examined,
  again = false,
): Promise<{ readonly examined: Examined; readonly asked: readonly Range[] }> => {
  const { facility, things, facts, gaps, findings } = examined;
  const { nowMinute } = facts;
  const nothing = { examined, asked: [] };
  if (isSilent(facts) || things.length === 0) return nothing;

  const send = async ({ id, thing, from, until }: ResendRequest) =>
    agents.askToResend(thing, {
      v: 1,
      command: 'resend',
      id,
      from: textOfMinute(from),
      until: textOfMinute(until),
    });
  const missing = gaps.filter(isMissing);
  const requests = [...facts.requests];
  for (const [i, request] of requests.entries()) {
    if (!isDueAgain(request, nowMinute) || intersect(missing, [request]).length === 0) continue;
    requests[i] = { ...request, sentMinute: nowMinute, attempts: request.attempts + 1 };
    await store.rememberRequest(requests[i]);
    await send(requests[i]);
  }

  const asked: Range[] = [];
  for (const range of rangesToAsk(gaps, requests, again))
    for (const thing of things) {
      const request: ResendRequest = {
        id: `resend-${randomUUID()}`,
        facility,
        thing,
        ...range,
        requestedMinute: nowMinute,
        sentMinute: nowMinute,
        attempts: 1,
        answeredMinute: null,
        answeredMinutes: null,
        expiredMinute: null,
      };
      // Another run that asks for the same at this moment was first.
      if (!(await store.openRequest(request))) continue;
      await send(request);
      requests.push(request);
      asked.push(range);
    }
  if (asked.length === 0) return nothing;
  const informed = { ...facts, requests };
  return { examined: { ...examined, facts: informed, gaps: classify(findings, informed) }, asked: unite(asked) };
};
