import type { ContinuityStore, FacilityState } from '#adapters/data-api-continuity';
import { classify, type FacilityFacts } from '#core/continuity/classify';
import type { DeclaredOutage } from '#core/continuity/expected';
import { findGaps, type Hole, type SourceFindings } from '#core/continuity/find-gaps';
import type { Range } from '#core/continuity/ranges';
import { isExpired, isOpen, type ResendRequest } from '#core/continuity/resend';
import type { AgentReport } from '#core/contracts/agent-report';
import type { Gap } from '#core/contracts/continuity-report';
import type { DeviceRegistry, EdgeAgents } from '#core/ports';

export interface ExamineFacility {
  readonly store: ContinuityStore;
  readonly devices: Pick<DeviceRegistry, 'ofFacility'>;
  readonly agents: EdgeAgents;
}

/** One facility over one range: what lacks, and what is known about why. */
export interface Examined {
  readonly facility: string;
  readonly state: FacilityState;
  readonly outages: readonly DeclaredOutage[];
  readonly findings: readonly SourceFindings[];
  /** Things of the agents that may be asked; none were looked up when nothing lacks. */
  readonly things: readonly string[];
  readonly facts: FacilityFacts;
  readonly gaps: readonly Gap[];
}

/** Holds one facility's holes against what is expected; only when minutes are missing are its agents' reports read. */
export const examine = async (
  { store, devices, agents }: ExamineFacility,
  facility: string,
  range: Range,
  holes: readonly Hole[],
  nowMinute: number,
): Promise<Examined> => {
  const state = await store.stateOf(facility);
  if (!state) throw new Error(`facility ${facility} is not known: it has no monitoring plan`);
  const { sources, watermark, heardMinute, quarantinedMinute } = state;
  const outages = await store.outagesOf(facility, range);
  const known = holes.length > 0 ? await devices.ofFacility(facility) : [];
  // Agents that hold a certificate: others have never sent anything, or may not any more.
  const things = known.flatMap(({ thing, state: at }) => (at === 'provisioned' ? [thing] : []));
  const soleAgent = known.length === 1 && things.length === 1;
  const findings = findGaps(range, { sources, outages, holes, soleAgent });
  const missing = findings.flatMap((found) => [...found.missing, ...found.notReported]);
  const silent = { nowMinute, watermark, heardMinute, quarantinedMinute };
  if (missing.length === 0) {
    const facts: FacilityFacts = { ...silent, agents: [], requests: [] };
    return { facility, state, outages, findings, things, facts, gaps: classify(findings, facts) };
  }
  const reports = await Promise.all(things.map(async (thing) => ({ thing, report: await agents.reportOf(thing) })));
  // Of an agent that was revoked no answer will come: its requests keep nobody from asking the others.
  const asked = (await store.requestsOf(facility, hull(missing))).filter(({ thing }) => things.includes(thing));
  const requests = asked.map((request) =>
    withAnswer(request, reports.find(({ thing }) => thing === request.thing)?.report, nowMinute),
  );
  for (const [i, request] of requests.entries()) if (request !== asked[i]) await store.rememberRequest(request);
  const facts: FacilityFacts = { ...silent, agents: reports, requests };
  return { facility, state, outages, findings, things, facts, gaps: classify(findings, facts) };
};

/** The shortest range that holds all of them. There can be more than a call takes arguments. */
export const hull = (ranges: readonly Range[]): Range =>
  ranges.reduce((whole, { from, until }) => ({
    from: Math.min(whole.from, from),
    until: Math.max(whole.until, until),
  }));

const withAnswer = (request: ResendRequest, report: AgentReport | undefined, nowMinute: number): ResendRequest => {
  if (!isOpen(request)) return request;
  const answer = report?.answered.find(({ command }) => command === request.id);
  if (answer) return { ...request, answeredMinute: nowMinute, answeredMinutes: answer.minutes };
  return isExpired(request, nowMinute) ? { ...request, expiredMinute: nowMinute } : request;
};
