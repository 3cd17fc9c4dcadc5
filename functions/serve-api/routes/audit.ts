import type { dataApiAudit } from '#adapters/data-api-audit';
import { ApiProblem } from '../api-problem.ts';
import type { Routes } from '../asked.ts';
import { cursorOf, FIRST_NUMBER, numberPlace } from '../cursor.ts';
import { seesAll } from '../visible-facilities.ts';

const place = cursorOf('audit', numberPlace);

export const auditRoutes = ({ audit }: { readonly audit: Pick<ReturnType<typeof dataApiAudit>, 'before'> }) =>
  ({
    audit: async ({ caller, query }) => {
      // Entries are not by facility: whoever sees some of the plants would see what is done at the others.
      if (!seesAll(caller))
        throw new ApiProblem(
          403,
          `${caller.who} may see ${caller.facilities.length} facilities: the audit trail takes all`,
        );
      const { items, more } = await audit.before(place.read(query.cursor) ?? FIRST_NUMBER, query.limit);
      const last = items.at(-1);
      return {
        entries: items.map(({ entry, hash, document }) => {
          const { at, who, action, subject, why, outcome, before, after } = document;
          return { entry, at, who, action, subject, why, outcome, before, after, hash };
        }),
        next: more && last ? place.write(last.entry) : null,
      };
    },
  }) satisfies Pick<Routes, 'audit'>;
