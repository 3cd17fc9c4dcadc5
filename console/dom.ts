/** What stands inside an element. Text is always text: nothing here reads markup. */
export type Child = Node | string | number | null | undefined | false | readonly Child[];

type Listener = (event: Event) => void;
type Attribute = string | number | boolean | null | undefined | Listener;

/** Attributes by name; `on...` are listeners; `style` sets properties, which the content security policy lets scripts do. */
export interface Attributes {
  readonly style?: Readonly<Record<string, string>>;
  readonly [name: string]: Attribute | Readonly<Record<string, string>>;
}

/** Properties, not addEventListener: what `refresh` copies from one element to another must be readable. */
const LISTENERS = ['onclick', 'oninput', 'onchange', 'onsubmit', 'onkeydown', 'ontoggle'] as const;

const furnish = <E extends HTMLElement | SVGElement>(
  element: E,
  attributes: Attributes | null | undefined,
  children: readonly Child[],
): E => {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') Object.assign(element, { [name]: value });
    else if (typeof value === 'object')
      for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...nodes(children));
  return element;
};

const nodes = (children: readonly Child[]): (Node | string)[] =>
  children.flatMap((child) => {
    if (child === null || child === undefined || child === false) return [];
    // Not by its length: a form has one too.
    if (Array.isArray(child)) return nodes(child);
    return [typeof child === 'number' ? String(child) : (child as Node | string)];
  });

/** An element of HTML. */
export const h = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes?: Attributes | null,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] => furnish(document.createElement(tag), attributes, children);

/** An element of SVG. */
export const svg = <Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes?: Attributes | null,
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] =>
  furnish(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

/**
 * Makes what is inside `container` look as `children` do and touches only what differs, so that focus, selected text
 * and open details stay where they are. An element keeps its identity by `data-key`, else by its place. What is `kept`
 * stays as it is: a form someone is filling in, a chart.
 */
export const refresh = (container: Element, ...children: readonly Child[]): void => {
  const wanted = document.createElement('div');
  wanted.append(...nodes(children));
  matchChildren(container, wanted);
};

/** Elements by what stands for them where they are wanted. */
const originals = new WeakMap<Element, Element>();

/**
 * An element that `refresh` leaves as it is once it is on the page. Something else stands for it in what is wanted: the
 * element itself would lose the focus by being moved there.
 */
export const kept = <E extends HTMLElement>(key: string, element: E): Element => {
  element.setAttribute('data-keep', '');
  element.setAttribute('data-key', key);
  const stand = document.createElement(element.tagName);
  stand.setAttribute('data-keep', '');
  stand.setAttribute('data-key', key);
  originals.set(stand, element);
  return stand;
};

/** Puts what is kept where something stands for it. */
const settled = (node: ChildNode): Node => {
  if (!(node instanceof Element)) return node;
  const original = originals.get(node);
  if (original) return original;
  for (const stand of node.querySelectorAll('[data-keep]')) stand.replaceWith(originals.get(stand) ?? stand);
  return node;
};

const keyOf = (node: Node): string | undefined =>
  node instanceof Element ? (node.getAttribute('data-key') ?? undefined) : undefined;

const matchChildren = (current: Element, wanted: Element): void => {
  const wantedKeys = new Set([...wanted.childNodes].map(keyOf));
  const keyed = new Map<string, ChildNode>();
  for (const child of [...current.childNodes]) {
    const key = keyOf(child);
    if (key === undefined) continue;
    if (wantedKeys.has(key)) keyed.set(key, child);
    else child.remove();
  }
  let at: ChildNode | null = current.firstChild;
  for (const next of [...wanted.childNodes]) {
    const key = keyOf(next);
    const match = key === undefined ? at : (keyed.get(key) ?? null);
    // What is found by its key is moved only when others with a key stand before it: moving takes the focus away.
    if (key !== undefined && match) at = withoutPlaces(at);
    if (match && keyOf(match) === key && alike(match, next)) {
      if (match !== at) current.insertBefore(match, at);
      matchNode(match, next);
      at = match.nextSibling;
    } else current.insertBefore(settled(next), at);
  }
  while (at) at = removed(at);
};

const removed = (node: ChildNode): ChildNode | null => {
  const after = node.nextSibling;
  node.remove();
  return after;
};

/** The first with a key from here on; what has only its place is removed before it. */
const withoutPlaces = (from: ChildNode | null): ChildNode | null => {
  let at = from;
  while (at && keyOf(at) === undefined) at = removed(at);
  return at;
};

const alike = (a: Node, b: Node): boolean => a.nodeType === b.nodeType && a.nodeName === b.nodeName;

const matchNode = (current: Node, wanted: Node): void => {
  if (!(current instanceof Element && wanted instanceof Element)) {
    if (current.nodeValue !== wanted.nodeValue) current.nodeValue = wanted.nodeValue;
    return;
  }
  if (current.hasAttribute('data-keep') && wanted.hasAttribute('data-keep')) return;
  matchAttributes(current, wanted);
  matchChildren(current, wanted);
};

/** Set by the reader, not by the page. */
const OF_THE_READER = new Set(['open']);

const matchAttributes = (current: Element, wanted: Element): void => {
  for (const { name } of [...current.attributes])
    if (!wanted.hasAttribute(name) && !OF_THE_READER.has(name) && name !== 'style') current.removeAttribute(name);
  for (const { name, value } of wanted.attributes)
    if (name !== 'style' && !OF_THE_READER.has(name) && current.getAttribute(name) !== value)
      current.setAttribute(name, value);
  if (current instanceof HTMLElement && wanted instanceof HTMLElement) {
    if (current.style.cssText !== wanted.style.cssText) current.style.cssText = wanted.style.cssText;
    Object.assign(current, Object.fromEntries(LISTENERS.map((name) => [name, wanted[name]])));
  }
};
