/** The beginning of a statement in one line, for messages. What stands between quotes may be a row's, and is left out. */
export function showStatement(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim()
  if (/^(PUT|COPY|LIST|REMOVE|ALTER SESSION|USE|SHOW)\b/i.test(line)) return line.slice(0, mostOfStatement)
  const quiet = line.replace(/\$\$.*?\$\$|'(?:[^'\\]|''|\\.)*'?/g, (literal) =>
    literal.startsWith('$$') ? literal : "'…'",
  )
  const values = /\bVALUES\s*\(/i.exec(quiet)
  return (values ? `${quiet.slice(0, values.index)}VALUES (…)` : quiet).slice(0, mostOfStatement)
}

const mostOfStatement = 300
