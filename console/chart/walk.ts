import { placeAfter } from './keys.ts';

/** Walking over the places of a chart by keyboard and by pointer. */
export interface Walk {
  /** What takes the keys; it can be focused. */
  readonly element: HTMLElement;
  /** Where the cursor stands, and how many places there are. */
  readonly at: () => number;
  readonly count: () => number;
  /** Places of a big step. */
  readonly stride: () => number;
  readonly move: (to: number, by: 'keys' | 'pointer') => void;
  readonly open: (at: number) => void;
  readonly signal: AbortSignal;
}

export const listenToKeys = ({ element, at, count, stride, move, open, signal }: Walk): void => {
  const pressed = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || count() === 0) return;
    const to = placeAfter(event.key, at(), count(), stride());
    if (to !== undefined) move(to, 'keys');
    else if (event.key === 'Enter') open(at());
    else return;
    event.preventDefault();
  };
  element.addEventListener('keydown', pressed, { signal });
};

/** A mouse opens what it clicks; a finger first only points, for it cannot hover. */
export const listenToPointer = (
  surface: HTMLElement,
  placeAt: (left: number) => number,
  { move, open, signal }: Walk,
): void => {
  const placeOf = (event: MouseEvent): number => placeAt(event.clientX - surface.getBoundingClientRect().left);
  surface.addEventListener('pointermove', (event) => move(placeOf(event), 'pointer'), { signal });
  surface.addEventListener('pointerdown', (event) => move(placeOf(event), 'pointer'), { signal });
  const clicked = (event: MouseEvent): void => {
    const mouse = event instanceof PointerEvent && event.pointerType === 'mouse';
    if (mouse && event.button === 0) open(placeOf(event));
  };
  surface.addEventListener('click', clicked, { signal });
};
