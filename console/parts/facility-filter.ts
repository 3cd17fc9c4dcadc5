import { allPlants } from '../plants.ts';
import { linkTo } from '../router.ts';
import { choice, field } from './form.ts';

/** Chooses one facility of a list, by the address, so that the choice can be sent to somebody. */
export const facilityFilter = (
  path: string,
  chosen: string | undefined,
  rest: Readonly<Record<string, string | undefined>> = {},
): HTMLElement | null => {
  const plants = allPlants();
  if (plants.length < 2) return null;
  const options = {
    '*': 'All facilities',
    ...Object.fromEntries(plants.map(({ facility, name }) => [facility, name])),
  };
  const select = choice(options, chosen ?? '*');
  select.onchange = () => {
    location.hash = linkTo([path], { ...rest, facility: select.value === '*' ? undefined : select.value });
  };
  return field('Facility', select);
};
