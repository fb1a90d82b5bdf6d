/** What a statement was for, as people find it in Snowflake's query history. */
export type QueryTag = {
  readonly sync?: string
  readonly run?: string
  readonly commit?: string
  readonly purpose: string
}

/** JSON of at most 2000 characters: https://docs.snowflake.com/en/sql-reference/parameters#query-tag */
export function queryTagText(extra: { readonly [key: string]: string }, tag: QueryTag): string {
  const text = JSON.stringify({ tool: 'millrace', ...tag, ...extra })
  // The keys of the target come last, so that they are what a tag without room does without.
  return text.length <= longest ? text : JSON.stringify({ tool: 'millrace', ...tag }).slice(0, longest)
}

const longest = 2000
