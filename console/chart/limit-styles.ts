/** How the lines of the first, second and third limit of a chart differ: by their dashes, not by colour alone. */
export const LIMIT_DASHES: readonly (readonly number[])[] = [
  [9, 5],
  [3, 3],
  [12, 3, 3, 3],
];

export const dashOf = (place: number): number[] => [...(LIMIT_DASHES[place % LIMIT_DASHES.length] ?? [])];
