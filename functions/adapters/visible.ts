import { texts } from './data-api.ts';

/** Facilities that somebody may see. */
export type Visible = readonly string[] | 'all';

/** Parameters of the condition {@link isVisible}. */
export const visible = (facilities: Visible) => ({
  all: facilities === 'all',
  among: texts(facilities === 'all' ? [] : facilities),
});

/** In SQL: whether a facility is one that may be seen. */
export const isVisible = (column: string): string => `(:all or ${column} = any(cast(:among as text[])))`;
