/** What became of the people who said no: asked of the warehouse and of the vendor, never known beforehand. */
import type { App } from '../app/app.ts'
import { askWarehouse, findOptOutSync, type OptOutSync } from '../app/demo-world.ts'
import { formatCount } from '../render/format-number.ts'

/** Sentences to show where there is no problem. */
export type Facts = { readonly sentences: readonly string[]; readonly problems: readonly string[] }

/** Person → the opt-out columns that are true for them. */
type OptOuts = ReadonlyMap<string, ReadonlySet<string>>

export type KnownOptOuts = {
  /** By the model, as it is in the warehouse. */
  readonly model: OptOuts
  /** At the messaging tool. */
  readonly vendor: OptOuts
}

/** null: the project has no sync that tells opt-outs. */
export async function readOptOuts(app: App): Promise<KnownOptOuts | null> {
  const found = findOptOutSync(app, messagingTool)
  return found ? { model: await readModel(app, found), vendor: await readVendor(app, found) } : null
}

/**
 * `before`: when the first round was done. `moved`: after the day, before the second round. `after`: at the very end.
 * `told`: how many opt-outs the world says there were.
 */
export function optOutFacts(
  app: App,
  states: { readonly before: KnownOptOuts; readonly moved: KnownOptOuts; readonly after: KnownOptOuts },
  told: number,
): Facts {
  const found = findOptOutSync(app, messagingTool)
  if (!found) return { sentences: [], problems: [] }
  const { destination, model } = found.sync
  const columns = new Set(found.mappings.map((mapping) => mapping.column))
  const learned = newIn(states.after.model, states.before.model)
  const sent = learned.filter(({ column }) => columns.has(column))
  const missing = sent.filter(({ person, column }) => !states.after.vendor.get(person)?.has(column))
  const themselves = newIn(states.moved.vendor, states.before.vendor)
  const back = themselves.filter(({ person, column }) => !states.after.vendor.get(person)?.has(column))
  const known = learned.length + themselves.length
  const problems = [
    ...missing.map(({ person, column }) => `${person} opted out (${column}), and ${destination} does not know`),
    ...back.map(({ person }) => `${person} opted out at ${destination}, and is subscribed there again`),
    ...(known !== told && hasCrm(app) ? [`${told} people opted out, and ${known} of them are known`] : []),
  ]
  if (problems.length > 0) return { sentences: [], problems }
  const elsewhere = learned.filter(({ column }) => !columns.has(column))
  const parts = [
    `${formatCount(told)} people opted out`,
    ...(sent.length > 0 ? [`all ${formatCount(sent.length)} of ${channels(sent)} are out at ${destination}`] : []),
    ...(themselves.length > 0
      ? [`${themselves.length === 1 ? 'the one' : `the ${themselves.length}`} who did so there stayed out`]
      : []),
    ...(elsewhere.length > 0
      ? [`${formatCount(elsewhere.length)} of ${channels(elsewhere)} stand in models.${model}`]
      : []),
  ]
  return { sentences: [`${parts.join('; ')}.`], problems: [] }
}

type OptOut = { readonly person: string; readonly column: string }

/** `email and news` */
const channels = (optOuts: readonly OptOut[]) =>
  [...new Set(optOuts.map(({ column }) => column.replace(/_opt_out$/, '')))].sort().join(' and ')

const newIn = (now: OptOuts, before: OptOuts): readonly OptOut[] =>
  [...now].flatMap(([person, columns]) =>
    [...columns].filter((column) => !before.get(person)?.has(column)).map((column) => ({ person, column })),
  )

const hasCrm = ({ project }: App) =>
  project.syncs.some((sync) => sync.kind === 'etl' && project.connections[sync.source]?.connector === 'salesforce')

/** Every column of the model that is called an opt-out, whether a sync sends it or not. */
async function readModel(app: App, { sync, key }: OptOutSync): Promise<OptOuts> {
  const { quote } = app.warehouse
  const rows = await askWarehouse(app, `SELECT * FROM ${quote('models')}.${quote(sync.model)}`)
  return new Map(
    rows.flatMap((row) => {
      const columns = Object.keys(row).filter((column) => column.endsWith('_opt_out') && row[column] === 'true')
      return columns.length > 0 ? [[row[key] ?? '', new Set(columns)] as const] : []
    }),
  )
}

async function readVendor(app: App, { sync, mappings }: OptOutSync): Promise<OptOuts> {
  const records = await (await app.sandbox()).show(messagingTool, sync.object)
  return new Map(
    records.flatMap((record) => {
      const out = mappings.filter((mapping) => isSame(valueAt(record, mapping.field), mapping.out))
      return out.length > 0 ? [[String(record[sync.match]), new Set(out.map(({ column }) => column))] as const] : []
    }),
  )
}

const isSame = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right)

/** `a.b.c` inside nested objects. */
function valueAt(record: unknown, path: string): unknown {
  let value = record
  for (const name of path.split('.'))
    value =
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([each]) => each === name)?.[1]
        : undefined
  return value
}

const messagingTool = 'customerio'
