import { api } from './api.ts';

/** What a page needs of a facility to speak of it: its name and its clock. */
export interface Plant {
  readonly facility: string;
  readonly name: string;
  readonly utcOffsetMinutes: number;
  /** The newest minute stored, as the last look at the facilities had it. */
  readonly lastMinute: string | null;
}

const plants = new Map<string, Plant>();

/** Learns the facilities that the person may see; the shell does so before the first page. */
export const loadPlants = async (): Promise<void> => {
  let cursor: string | undefined;
  do {
    const { facilities, next } = await api('facilities', { query: { limit: 1000, cursor } });
    rememberPlants(facilities);
    cursor = next ?? undefined;
  } while (cursor !== undefined);
};

export const rememberPlants = (found: readonly Plant[]): void => {
  for (const { facility, name, utcOffsetMinutes, lastMinute } of found)
    plants.set(facility, { facility, name, utcOffsetMinutes, lastMinute });
};

export const allPlants = (): Plant[] => [...plants.values()];

/** A facility that came since is known by its name in topics and keeps UTC until the next look. */
export const plantOf = (facility: string): Plant =>
  plants.get(facility) ?? { facility, name: facility, utcOffsetMinutes: 0, lastMinute: null };
