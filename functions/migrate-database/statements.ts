/**
 * Splits a migration file into statements: the Data API takes one at a time. A semicolon ends a statement unless it
 * stands in a quoted string, a quoted name, a dollar-quoted body or a comment.
 */
export const statementsOf = (sql: string): string[] => {
  const statements: string[] = [];
  let current = '';
  for (const [token] of sql.matchAll(TOKEN)) {
    if (token === ';') {
      statements.push(current.trim());
      current = '';
    } else if (!token.startsWith('--')) current += token;
  }
  statements.push(current.trim());
  return statements.filter((statement) => statement !== '');
};

const TOKEN = /--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([a-z_]*)\$[\s\S]*?\$\1\$|;|[^;'"$-]+|[\s\S]/g;
