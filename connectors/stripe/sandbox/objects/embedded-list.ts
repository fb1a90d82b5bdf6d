import type { JsonObject } from 'millrace'

/** A list inside an object: the first ten, and whether there are more. https://docs.stripe.com/api/pagination */
export function embedList<T>(url: string, items: readonly T[], describe: (item: T) => JsonObject): JsonObject {
  return {
    object: 'list',
    data: items.slice(0, embeddedRows).map(describe),
    has_more: items.length > embeddedRows,
    total_count: items.length,
    url,
  }
}

const embeddedRows = 10
