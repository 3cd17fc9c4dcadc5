import { type Expression, readExpression, readerOf } from './expressions.ts';

/**
 * Compiles a substitution template of a rule action, `failed/${topic(3)}/${newuuid()}`. The result is Undefined when
 * one of its expressions is.
 *
 * @throws Error for an expression that is not supported, with its place in the template.
 */
export const compileTemplate = (template: string): Expression => {
  const parts = template.split(/\$\{([^}]*)\}/).map((part, i): Expression => {
    if (i % 2 === 0) {
      if (part.includes('${')) throw new Error(`"${template}": a "\${" has no "}"`);
      return () => part;
    }
    try {
      const reader = readerOf(part);
      const expression = readExpression(reader);
      const rest = reader.next();
      if (rest.kind !== 'end') throw reader.fail(rest, 'is not supported locally after an expression');
      return expression;
    } catch (cause) {
      throw new Error(`"${template}": ${(cause as Error).message}`, { cause });
    }
  });
  return (message) => {
    let text = '';
    for (const part of parts) {
      const value = part(message);
      if (value === undefined) return undefined;
      text += value;
    }
    return text;
  };
};
