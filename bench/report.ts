/** The last line of a measured script: how long its work took, and the most memory that its process ever held. */
export function report(facts: { readonly seconds: number; readonly [fact: string]: unknown }): void {
  console.log(JSON.stringify({ ...facts, rss_mb: process.resourceUsage().maxRSS / 1024 }))
}

/** The script's own arguments: one JSON object. */
export function readArguments<T>(): T {
  const parsed: T = JSON.parse(process.argv[2] ?? '{}')
  return parsed
}
