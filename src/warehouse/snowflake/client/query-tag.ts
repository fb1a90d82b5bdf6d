/** What a statement was for, as people find it in Snowflake's query history. */
export type QueryTag = {
  readonly sync?: string
  readonly run?: string
  readonly commit?: string
  readonly purpose: string
}

/** JSON of at most 2000 characters: https://docs.snowflake.com/en/sql-reference/parameters#query-tag */
export function queryTagText(extra: { readonly [key: string]: string }, tag: QueryTag): string {
  // By our own keys a run's statements are found again: none of the target's takes their place. Its keys come last, so that
  // they are what a tag without room does without.
  const text = JSON.stringify({ tool: 'millrace', ...tag, ...extra, ...tag })
  return text.length <= longest ? text : JSON.stringify({ tool: 'millrace', ...tag }).slice(0, longest)
}

const longest = 2000
