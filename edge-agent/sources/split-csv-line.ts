/**
 * Splits one line of CSV. A line is a record here: EPA's files never break a field across lines, so that an unpaired
 * quote may cost its own line only. (A stream parser would read on to the next quote and take good lines with it.)
 * @returns the fields, or undefined when a quote is not closed or not at the edge of its field
 */
export const splitCsvLine = (line: string): string[] | undefined => {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (line[at] !== '"') {
      const comma = line.indexOf(',', at);
      const field = comma < 0 ? line.slice(at) : line.slice(at, comma);
      if (field.includes('"')) return undefined;
      fields.push(field);
      if (comma < 0) return fields;
      at = comma + 1;
      continue;
    }
    let close = line.indexOf('"', at + 1);
    while (close >= 0 && line[close + 1] === '"') close = line.indexOf('"', close + 2);
    if (close < 0) return undefined;
    const field = line.slice(at + 1, close);
    fields.push(field.includes('""') ? field.replaceAll('""', '"') : field);
    if (close + 1 === line.length) return fields;
    if (line[close + 1] !== ',') return undefined;
    at = close + 2;
  }
};
