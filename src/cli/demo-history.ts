import type { App } from '../app/app.ts'
import { askWarehouse, fieldHistoryView } from '../app/demo-world.ts'
import { printable } from '../render/printable.ts'
import type { Facts } from './demo-opt-outs.ts'

/** One deal that was won on the day, and one lead that became a contact, out of the field history. */
export async function historyFacts(
  app: App,
  day: { readonly start: string; readonly events: { readonly [kind: string]: number } },
): Promise<Facts> {
  const sentences: string[] = []
  const problems: string[] = []
  for (const story of stories) {
    const view = fieldHistoryView(app, story.stream)
    if (!view || !day.events[story.event]) continue
    const { quote } = app.warehouse
    const from = `${quote(view.schema)}.${quote(view.name)}`
    const [row] = await askWarehouse(
      app,
      `SELECT * FROM ${from} WHERE ${story.where} AND valid_from >= TIMESTAMP '${day.start.slice(0, 19)}' ORDER BY valid_from, record_id LIMIT 1`,
    )
    if (!row) problems.push(`${story.missing}, and ${view.name} does not tell of it`)
    else {
      const at = (row['valid_from'] ?? '').slice(11, 16)
      const by = row['changed_by'] === null || row['changed_by'] === undefined ? '' : ` by ${row['changed_by']}`
      sentences.push(
        printable(
          `${story.stream} ${row['record_id']} ${story.told(row['from_value'] ?? null, row['to_value'] ?? null)} at ${at}${by} (${view.name})`,
        ),
      )
    }
  }
  return { sentences, problems }
}

const stories = [
  {
    stream: 'Opportunity',
    event: 'deal_moves',
    where: `field = 'StageName' AND to_value = 'Closed Won' AND from_value IS NOT NULL`,
    missing: 'a deal was won',
    told: (from: string | null, to: string | null) => `moved ${from} → ${to}`,
  },
  {
    stream: 'Lead',
    event: 'lead_converts',
    where: `field IN ('Status', 'leadConverted') AND (field = 'leadConverted' OR to_value LIKE '%onverted%')`,
    missing: 'a lead was converted',
    told: (from: string | null, to: string | null) =>
      from === null || to === null ? 'was converted' : `was converted, ${from} → ${to},`,
  },
] as const
