const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

export type XmlValue = string | number | boolean | undefined | readonly XmlElement[];
export type XmlElement = readonly [name: string, value: XmlValue];

/** A document of nested elements; an undefined value leaves its element out. */
export const xmlDocument = (name: string, children: readonly XmlElement[], namespace?: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${namespace ? ` xmlns="${namespace}"` : ''}>${inner(children)}</${name}>`;

const inner = (children: readonly XmlElement[]): string =>
  children
    .map(([name, value]) => {
      if (value === undefined) return '';
      const text = Array.isArray(value) ? inner(value as readonly XmlElement[]) : escapeText(String(value));
      return `<${name}>${text}</${name}>`;
    })
    .join('');

const escapeText = (text: string): string => text.replace(/[&<>"\r]/g, (char) => ENTITIES[char]!);
