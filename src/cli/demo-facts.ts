/** What became of the people and deals of the day: asked of the warehouse and of the vendors, never known beforehand. */
import type { App } from '../app/app.ts'
import { askWarehouse, fieldHistoryView, findOptOutSync, type OptOutSync } from '../app/demo-world.ts'
import { formatCount } from '../render/format-number.ts'
import { printable } from '../render/printable.ts'

export type Facts = { readonly sentences: readonly string[]; readonly problems: readonly string[] }

/** Who said no, where: `column key` for those that the warehouse knows, keys for those that the destination knows. */
export type OptOuts = { readonly warehouse: ReadonlySet<string>; readonly vendor: ReadonlySet<string> }

export async function readOptOuts(app: App): Promise<OptOuts> {
  const found = findOptOutSync(app, vendor)
  if (!found) return { warehouse: new Set(), vendor: new Set() }
  return { warehouse: await readModelOptOuts(app, found), vendor: new Set((await readOut(app, found)).keys()) }
}

/**
 * `before`: at the end of the first round. `moved`: after the day, before the second round. `after`: at the very end.
 * `events`: the opt-outs that the world says happened.
 */
export async function optOutFacts(
  app: App,
  { before, moved, events }: { readonly before: OptOuts; readonly moved: OptOuts; readonly events: number },
): Promise<Facts> {
  const found = findOptOutSync(app, vendor)
  if (!found) return { sentences: [], problems: [] }
  const after = await readModelOptOuts(app, found)
  const out = await readOut(app, found)
  const learned = [...after].filter((each) => !before.warehouse.has(each))
  const byThemselves = [...moved.vendor].filter((each) => !before.vendor.has(each))
  const mapped = found.mappings.map((mapping) => mapping.column)
  const sent = learned.filter((each) => mapped.includes(each.split(' ')[0] ?? ''))
  const missing = sent.filter((each) => {
    const [column = '', key = ''] = splitOnce(each)
    return !out.get(key)?.has(column)
  })
  const back = byThemselves.filter((key) => !out.has(key))
  const problems = [
    ...missing.map(
      (each) => `${splitOnce(each)[1]} opted out (${splitOnce(each)[0]}), and ${found.sync.destination} does not know`,
    ),
    ...back.map((key) => `${key} opted out at ${found.sync.destination}, and is subscribed there again`),
    ...(learned.length + byThemselves.length === events
      ? []
      : [`${events} people opted out, and ${learned.length + byThemselves.length} of them are known`]),
  ]
  const elsewhere = learned.length - sent.length
  const sentence =
    `${formatCount(events)} people opted out; ${sent.length - missing.length === sent.length ? 'all ' : ''}${formatCount(sent.length - missing.length)} who told the CRM and whom a sync tells are unsubscribed at Customer.io` +
    (byThemselves.length > 0
      ? `, and the ${byThemselves.length === 1 ? 'one' : formatCount(byThemselves.length)} who did so there stayed out`
      : '') +
    (elsewhere > 0 ? `; ${formatCount(elsewhere)} more, by SMS or phone, stand in models.${found.sync.model}` : '') +
    '.'
  return { sentences: problems.length === 0 ? [sentence] : [], problems }
}

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

/** `column key` of everybody who is opted out in the model, whichever of its opt-out columns says so. */
async function readModelOptOuts(app: App, { sync, key }: OptOutSync): Promise<ReadonlySet<string>> {
  const { quote } = app.warehouse
  const model = `${quote('models')}.${quote(sync.model)}`
  const found = new Set<string>()
  for (const row of await askWarehouse(app, `SELECT * FROM ${model}`))
    for (const [column, value] of Object.entries(row))
      if (column.endsWith('_opt_out') && value === 'true') found.add(`${column} ${row[key] ?? ''}`)
  return found
}

/** Key → the model columns whose opt-out stands at the vendor. */
async function readOut(app: App, { sync, mappings }: OptOutSync): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const records = await (await app.sandbox()).show(vendor, sync.object)
  const found = new Map<string, ReadonlySet<string>>()
  for (const record of records) {
    const columns = mappings
      .filter(({ field, out }) => JSON.stringify(valueAt(record, field)) === JSON.stringify(out))
      .map(({ column }) => column)
    if (columns.length > 0) found.set(String(record[sync.match]), new Set(columns))
  }
  return found
}

/** `a.b.c` inside nested objects. */
function valueAt(record: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null
          ? Object.entries(value).find(([each]) => each === name)?.[1]
          : undefined,
      record,
    )
}

function splitOnce(text: string): readonly [string, string] {
  const at = text.indexOf(' ')
  return [text.slice(0, at), text.slice(at + 1)]
}

const vendor = 'customerio'
