import type { Routes } from '../asked.ts';

export const meRoutes = {
  me: ({ caller }) => Promise.resolve(caller),
} satisfies Pick<Routes, 'me'>;
