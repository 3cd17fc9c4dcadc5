import type { Group, Me } from '#core/contracts/api/access';

/** Groups from the least to the most, as the contract has them. */
const ORDER: Readonly<Record<Group, number>> = { viewer: 0, operator: 1, engineer: 2, admin: 3 };

let known: Me | undefined;

/** Who is signed in; the shell learns it from the API before the first page. */
export const setMe = (me: Me | undefined): void => {
  known = me;
};

export const currentMe = (): Me | undefined => known;

/** Whether who is signed in may do what a group may. The API decides; the console only leaves out what it would refuse. */
export const may = (least: Group): boolean => known !== undefined && ORDER[known.group] >= ORDER[least];
