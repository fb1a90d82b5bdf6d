/** A view's text in the place of its name, for a session that makes no views. Snowflake has none of a session's own. */

/** `at`: as the name is written; `name`: its last part, by which columns may be called where no other is given to it. */
export type InlinedView = { readonly at: string; readonly name: string; readonly text: string }

export function inlineView(sql: string, { at, name, text }: InlinedView): string {
  // A comment at the text's end goes no further than its line.
  const query = `(${text}\n)`
  return sql.replace(new RegExp(RegExp.escape(at) + behind, 'gi'), (found, column?: string, alias?: string) => {
    // `"models"."x"` of a model's own is another name.
    if (!found.startsWith(at)) return found
    if (column !== undefined) return `${name}${column}`
    return alias === undefined ? `${query} AS ${name}` : `${query}${alias}`
  })
}

/** What may follow a table that has no other name. */
const clauses =
  'asof|connect|cross|except|fetch|for|full|group|having|inner|intersect|join|lateral|left|limit|match_condition|match_recognize|minus|natural|offset|on|' +
  'order|pivot|qualify|right|sample|start|tablesample|union|unpivot|using|where|window'
const gap = String.raw`(?:\s|--[^\n]*\n|//[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)+`
const behind = String.raw`(?:(\s*\.)|(${gap}(?:as${gap})?(?!(?:${clauses})\b)["\w]))?`
