import { inAuditedTransaction } from '#adapters/audited';
import type { Database } from '#adapters/data-api';
import {
  acknowledgeExceedance,
  type Cause,
  type dataApiExceedanceList,
  explainExceedance,
  findExceedance,
  lockExceedance,
} from '#adapters/data-api-exceedance-list';
import type { Me } from '#core/contracts/api/access';
import type { Exceedance } from '#core/contracts/exceedance';
import type { PlanStore } from '#core/ports';
import { ApiProblem } from '../api-problem.ts';
import type { Routes } from '../asked.ts';
import { cursorOf, FIRST_NUMBER, numberPlace } from '../cursor.ts';
import { covers, visibleTo } from '../visible-facilities.ts';

export interface ExceedanceParts {
  readonly plans: PlanStore;
  readonly database: Database;
  readonly exceedances: ReturnType<typeof dataApiExceedanceList>;
}

const place = cursorOf('exceedances', numberPlace);

export const exceedanceRoutes = ({ plans, database, exceedances }: ExceedanceParts) =>
  ({
    exceedances: async ({ caller, query }) => {
      const before = place.read(query.cursor) ?? FIRST_NUMBER;
      const facilities = await visibleTo(plans, caller, query.facility);
      const { items, more } = await exceedances.list(facilities, before, query.limit);
      const last = items.at(-1);
      return { exceedances: [...items], next: more && last ? place.write(last.id) : null };
    },

    exceedance: async ({ caller, params: { id } }) => seenBy(caller, id, await exceedances.find(id)),

    acknowledgeExceedance: async ({ caller, params: { id }, body: { why } }) => {
      const { facility } = seenBy(caller, id, await exceedances.find(id));
      const deed = { who: caller.who, action: 'exceedance acknowledge', subject: subjectOf(facility, id), why };
      await inAuditedTransaction(database, deed, async (execute) => {
        const before = seenBy(caller, id, await lockExceedance(execute, id));
        // Whoever was first has seen it.
        if (before.acknowledgedAt !== null) return undefined;
        await acknowledgeExceedance(execute, id, caller.who);
        return { result: undefined, before: { acknowledgedBy: null }, after: { acknowledgedBy: caller.who } };
      });
      return seenBy(caller, id, await exceedances.find(id));
    },

    explainExceedance: async ({ caller, params: { id }, body: { why, ...cause } }) => {
      const { facility } = seenBy(caller, id, await exceedances.find(id));
      const deed = { who: caller.who, action: 'exceedance explain', subject: subjectOf(facility, id), why };
      await inAuditedTransaction(database, deed, async (execute) => {
        const before = causeOf(seenBy(caller, id, await lockExceedance(execute, id)));
        if (before.reason === cause.reason && before.action === cause.action && before.note === cause.note)
          return undefined;
        await explainExceedance(execute, id, cause);
        return { result: undefined, before, after: causeOf(cause) };
      });
      return seenBy(caller, id, await findExceedance(database.execute, id));
    },
  }) satisfies Pick<Routes, 'exceedances' | 'exceedance' | 'acknowledgeExceedance' | 'explainExceedance'>;

const subjectOf = (facility: string, id: number): string => `${facility} exceedance ${id}`;

const causeOf = ({ reason, action, note }: Cause | Exceedance) => ({ reason, action, note });

const seenBy = (caller: Me, id: number, exceedance: Exceedance | undefined): Exceedance => {
  if (!exceedance || !covers(caller, exceedance.facility))
    throw new ApiProblem(404, `there is no exceedance ${id} of a facility that you may see`);
  return exceedance;
};
