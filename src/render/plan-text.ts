import type {
  Amount,
  EtlPlan,
  FieldChange,
  GuardCheck,
  PlannedChange,
  ReversePlan,
  StreamPlan,
  SyncPlan,
} from '../model/plan.ts'
import { percentAbove, percentAllowed } from '../model/percent-above.ts'
import { displayWidth, padToWidth } from './display-width.ts'
import { formatCount, formatCounted, formatInstant, formatPercent, formatSeconds } from './format-number.ts'
import { makePaint, type Paint } from './paint.ts'
import { printable } from './printable.ts'
import { migrationLines, schemaChangeText } from './schema-change-text.ts'
import { renderTable } from './table.ts'

/** What `sync plan` prints of one sync. Ends with a line break; its last line says what a run would come to. */
export function renderPlan(plan: SyncPlan, { color }: { readonly color: boolean }): string {
  const paint = makePaint(color)
  return plan.kind === 'etl' ? etlText(plan, paint, color) : reverseText(plan, paint)
}

// ---------------------------------------------------------------- ETL

function etlText(plan: EtlPlan, paint: Paint, color: boolean): string {
  const rows = plan.streams.flatMap((stream) => [
    [stream.name, stream.table, stream.mode, scanText(stream), countText(stream)],
    ...stream.passes.map((pass) => [
      `${stream.name} ${pass.name}`,
      stream.table,
      '',
      passText[pass.name],
      countText(pass),
    ]),
  ])
  const columns = ['stream', 'table', 'mode', 'scan', { header: 'rows', align: 'right' }] as const
  const changes = plan.streams.flatMap((stream) =>
    stream.schema_changes.flatMap((change) => [
      ` schema   ${printable(schemaChangeText(change))}\n`,
      ...migrationLines(change).map((line) => `          ${line}\n`),
    ]),
  )
  const told = [...plan.warnings, ...plan.streams.flatMap((stream) => stream.warnings)]
  const warnings = warningLines(told, paint).map((line) => `${line}\n`)
  const head = ` ${paint('bold', printable(plan.sync))}   ${formatCounted(plan.streams.length, 'stream')}\n`
  return head + renderTable(columns, rows, { color }) + [...changes, ...warnings].join('') + ` ${requestsText(plan)}\n`
}

const warningLines = (warnings: readonly string[], paint: Paint): readonly string[] =>
  warnings.map((text) => ` ${paint('yellow', 'warning')}  ${printable(text)}`)

function scanText(stream: StreamPlan): string {
  const from = stream.full || stream.from === null ? 'everything' : `from ${formatInstant(stream.from)}`
  return `${from} to ${formatInstant(stream.to)}${stream.resumed ? ', resumed' : ''}`
}

const passText = { reconcile: 'the keys of everything', formulas: 'calculated fields of everything' }

const countText = ({ counted }: Pick<StreamPlan, 'counted'>) => (counted === null ? 'not known' : formatCount(counted))

function requestsText({ streams, requests_besides: besides }: EtlPlan): string {
  const unknown = streams.filter((stream) => stream.requests_estimate === null).length
  const read = streams.flatMap((stream) => [stream, ...stream.passes])
  const sum = read.reduce((total, { requests_estimate }) => total + (requests_estimate ?? 0), besides)
  if (unknown === streams.length) return 'the number of requests is not known'
  return `about ${formatCounted(sum, 'request')}${unknown > 0 ? `, and ${formatCounted(unknown, 'stream')} that cannot be estimated` : ''}`
}

// ---------------------------------------------------------------- reverse ETL

function reverseText(plan: ReversePlan, paint: Paint): string {
  const head =
    ` ${paint('bold', printable(plan.sync))} → ${printable(`${plan.destination} ${plan.object}`)}   ` +
    `${formatCounted(plan.model_rows, 'model row')}, ${formatCount(plan.accepted_before)} accepted before`
  const samples = plan.samples.flatMap((sample) => sampleLines(sample, plan.samples, paint))
  const more = rowsToSend(plan) - plan.samples.length
  const sections = [
    [head, ...countLines(plan, paint)],
    samples.length === 0 ? [] : [...samples, ...(more > 0 ? [`   …   ${formatCount(more)} more:  --json`] : [])],
    [
      ...plan.schema_changes.map((change) => ` schema   ${printable(change)}`),
      ...warningLines(plan.warnings, paint),
      ...guardLines(plan.guards, paint),
      lastLine(plan),
    ],
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
    .join('\n')
}

/** Only these have samples. */
const rowsToSend = ({ added, changed, removed, retry, ...plan }: ReversePlan): number =>
  added + changed + removed + retry - plan.coalesced - plan.rejected - plan.held_back - plan.ignored - plan.parked

function countLines(plan: ReversePlan, paint: Paint): readonly string[] {
  const gone = plan.on_removed === 'ignore' ? 'gone, ignored' : `gone, to ${plan.on_removed}`
  const counts = [
    paint('green', `+ ${formatCount(plan.added)} to add`),
    paint('yellow', `~ ${formatCount(plan.changed)} to change`),
    paint('red', `− ${formatCount(plan.removed)} ${gone}`),
    `${formatCount(plan.unchanged)} unchanged`,
  ]
  const sides = [
    plan.opt_outs_first > 0 ? `opt-outs first: ${formatCount(plan.opt_outs_first)}` : '',
    plan.withheld > 0 ? `opt-ins withheld: ${formatCount(plan.withheld)}` : '',
    plan.retry > 0 ? `to retry: ${formatCount(plan.retry)}` : '',
    plan.coalesced > 0 ? `equal after all: ${formatCount(plan.coalesced)}` : '',
    plan.rejected > 0 ? `cannot be sent: ${formatCount(plan.rejected)}` : '',
    plan.held_back > 0 ? `held back: ${formatCount(plan.held_back)}` : '',
    plan.parked > 0 ? `parked: ${formatCount(plan.parked)}` : '',
    plan.filtered > 0 ? `filtered: ${formatCount(plan.filtered)}` : '',
    plan.invalid > 0 ? `null or duplicate keys: ${formatCount(plan.invalid)}` : '',
  ].filter((side) => side !== '')
  return [`   ${counts.join('     ')}`, ...(sides.length > 0 ? [`   ${sides.join('      ')}`] : [])]
}

function sampleLines(sample: PlannedChange, all: readonly PlannedChange[], paint: Paint): readonly string[] {
  const keyWidth = Math.max(...all.map((one) => displayWidth(printable(one.key))))
  const glyph = { added: '+', changed: '~', removed: '−', retry: '↻' }[sample.difference]
  const head = `   ${glyph} ${padToWidth(printable(sample.key), keyWidth)}   `
  const fields = sample.fields.length > 0 ? sample.fields.map((field) => fieldText(field, paint)) : [sample.op]
  return fields.map((text, index) => (index === 0 ? head : ' '.repeat(displayWidth(head))) + text)
}

function fieldText({ field, from, to, if_empty }: FieldChange, paint: Paint): string {
  const before = from === undefined ? '' : `${paint('dim', valueText(from))} → `
  return `${printable(field)}  ${before}${valueText(to)}${if_empty ? paint('dim', ' where empty') : ''}`
}

function valueText(value: FieldChange['to']): string {
  if (value === null) return 'null'
  return printable(typeof value === 'string' ? (value === '' ? '""' : value) : JSON.stringify(value))
}

function guardLines(guards: readonly GuardCheck[], paint: Paint): readonly string[] {
  if (guards.length === 0) return []
  const texts = guards.flatMap((guard) => {
    if (guard.name === 'on_empty') return guard.ok ? [] : [paint('yellow', 'the model is empty: stops')]
    const text = `${guard.name.replace(/^max_/, '')} ${valueOf(guard)} of ${limitText(guard.limit)}`
    return [guard.ok ? text : paint('yellow', `${text}: stops`)]
  })
  const allOk = guards.every((guard) => guard.ok)
  const flags = guards.flatMap((guard) => (guard.override === null ? [] : [guard.override]))
  return [
    ` guards   ${texts.join('   ')}${allOk ? `   ${paint('green', 'ok')}` : ''}`,
    ...(flags.length > 0 ? [` if it is right:  ${printable(flags.join(' '))}`] : []),
  ]
}

function valueOf({ value, limit, ok }: GuardCheck): string {
  if ('rows' in value) return formatCount(value.rows)
  return ok || 'rows' in limit ? formatPercent(value.fraction) : `${percentAbove(value.fraction, limit.fraction)} %`
}

const limitText = (limit: Amount) => ('rows' in limit ? formatCount(limit.rows) : `${percentAllowed(limit.fraction)} %`)

function lastLine(plan: ReversePlan): string {
  if (!plan.may_deliver) return ' this target only plans: it has no `deliver: true`'
  if (plan.stops) return ` a run would stop before it sends anything: ${printable(plan.stops.message)}`
  if (plan.guards.some((guard) => !guard.ok))
    return plan.opt_outs_first === 0
      ? ' a run would stop before it sends anything'
      : ` a run would send the ${formatCounted(plan.opt_outs_first, 'row')} that opt out, and stop`
  if (plan.requests_estimate === 0) return ' nothing to send'
  if (plan.added + plan.changed + plan.retry === 0 && (plan.removed === 0 || plan.on_removed === 'ignore'))
    return ' nothing to send'
  if (plan.requests_estimate === null) return ' the number of requests is not known'
  const time = plan.seconds_estimate === null ? '' : `, ${formatSeconds(plan.seconds_estimate)}`
  return ` about ${formatCounted(plan.requests_estimate + plan.requests_besides, 'request')}${time}`
}
