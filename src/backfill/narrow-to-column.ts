/** `--column`: the streams that bring it, as streams that have their key, their version and this field only. */
import type { EtlSync } from '../config/project.ts'
import { narrow } from '../etl/partial-pass.ts'
import type { StreamPlan } from '../etl/resolve-streams.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import { refuseStream } from './refuse-stream.ts'

/** `column`: the vendor's name of the field. */
export type NarrowedPlan = { readonly plan: StreamPlan; readonly column: string }

type ColumnRequest = {
  readonly column: string
  readonly isNamed: boolean
  /** Field → column, of all fields of a stream, as its table has them. */
  readonly namesOf: (plan: StreamPlan) => ReadonlyMap<string, string>
}

/**
 * `isNamed`: each of the streams was asked for, and has to have it; else those that do not are left out.
 * @throws MillraceErrors MR-1208 with every stream that cannot bring it
 */
export function narrowToColumn(
  sync: EtlSync,
  plans: readonly StreamPlan[],
  { column, isNamed, namesOf }: ColumnRequest,
): readonly NarrowedPlan[] {
  const having = plans.flatMap((plan) => {
    const field = fieldOf(plan, column, namesOf(plan))
    return field === undefined ? [] : [{ plan, field }]
  })
  if (having.length === 0) throw new MillraceErrors([unknownColumn(sync, plans, column)])
  const errors = [
    ...plans
      .filter((plan) => isNamed && !having.some((each) => each.plan === plan))
      .map((plan) => unknownColumn(sync, [plan], column)),
    ...having.flatMap(({ plan, field }) => refuseStream(sync, plan) ?? refuseField(sync, plan, field) ?? []),
  ]
  if (errors.length > 0) throw new MillraceErrors(errors)
  return having.map(({ plan, field }) => ({ plan: narrow(merging(plan), [field]), column: field }))
}

/** The table's name goes before the vendor's: a run advises it by that. */
function fieldOf({ stream }: StreamPlan, column: string, names: ReadonlyMap<string, string>): string | undefined {
  const fields = Object.keys(stream.columns)
  return fields.find((field) => names.get(field) === column) ?? fields.find((field) => field === column)
}

/** What never changes lands by merge, too, where it has a key. */
const merging = (plan: StreamPlan): StreamPlan => (plan.mode === 'append' ? { ...plan, mode: 'merge' } : plan)

function refuseField(sync: EtlSync, plan: StreamPlan, field: string): MillraceError | undefined {
  const { stream, config, mode, shape } = plan
  const place = `${config.place.file}:${config.place.line}`
  const refused = (message: string, next: string) =>
    new MillraceError('MR-1208', { message: `${sync.name}: ${message}`, kept: 'Nothing was read or changed.', next })
  if (mode === 'scd2' || mode === 'replace_window')
    return refused(
      `${stream.name} lands by ${mode}: no column of it can be read by itself. (${place})`,
      `Whole rows:   millrace backfill ${sync.name} --stream ${stream.name}`,
    )
  if (!shape.columns.some((column) => column.field === field))
    return refused(
      `${stream.name}.${field} is left out by the sync: ${config.exclude.includes(field) ? 'it stands under  exclude' : 'it does not stand under  include'}. (${place})`,
      'Let the sync read it, and say this again.',
    )
  if ([...stream.key, stream.version, stream.deletedWhen?.column].includes(field))
    return refused(
      `${stream.name}.${field} is what rows are loaded by: every row that stands has it.`,
      `Whole rows:   millrace backfill ${sync.name} --stream ${stream.name}`,
    )
  return undefined
}

function unknownColumn(sync: EtlSync, plans: readonly StreamPlan[], column: string): MillraceError {
  const fields = [...new Set(plans.flatMap(({ stream }) => Object.keys(stream.columns)))]
  const parent = plans.find(({ stream }) => stream.children.some((child) => column in child.columns))?.stream
  const child = parent?.children.find(({ columns }) => column in columns)?.name
  const near = didYouMean(column, fields)
  const [only, ...others] = plans
  const where = only && others.length === 0 ? `${sync.name}: ${only.stream.name} has` : `${sync.name}: its streams have`
  return new MillraceError('MR-1208', {
    message: child
      ? `${where} no field ${column}; ${child} has it, which comes inside ${parent?.name} and is backfilled with whole rows.`
      : `${where} no field ${column}${near ? `; did you mean ${near}?` : '.'}`,
    kept: 'Nothing was read or changed.',
    next: child
      ? `millrace backfill ${sync.name} --stream ${parent?.name}`
      : `millrace connection discover ${sync.source}${only && others.length === 0 ? ` ${only.stream.name}` : ' STREAM'}   lists the fields`,
  })
}
