import type { EngineEvent } from '../model/event.ts'
import { formatCount, formatCounted, formatInstant, formatSeconds } from './format-number.ts'
import { etlCounts } from './ledger-line.ts'
import { printable } from './printable.ts'
import { schemaChangeText } from './schema-change-text.ts'

/** `change`: a change of state, always said. `step`: said every few seconds. `detail`: only with -v. */
export type EventText = { readonly level: 'change' | 'step' | 'detail' | 'warning'; readonly text: string }

/** An event in words, without the name of its sync. Safe for a terminal. */
export function eventText(event: EngineEvent): EventText {
  const { level, text } = inWords(event)
  return { level, text: printable(text) }
}

function inWords(event: EngineEvent): EventText {
  switch (event.type) {
    case 'run.started':
      return change(`started run ${event.run.run_id} on ${event.run.target}`)
    case 'run.takeover':
      return change(
        /taking over/i.test(event.message) ? event.message : `taking over from run ${event.from_run}: ${event.message}`,
      )
    case 'run.finished':
      return change(finishedText(event.run))
    case 'run.cancelled':
      return change(`${event.by} asked it to stop at its next checkpoint`)
    case 'run.warning':
      return { level: 'warning', text: event.message }
    case 'waiting':
      return change(`waiting for ${event.for}${event.holder === undefined ? '' : `, held by ${event.holder}`}`)
    case 'stream.started':
      return change(`${event.stream}: ${event.resumed ? 'resuming ' : ''}scan ${event.scan} ${scanBounds(event)}`)
    case 'stream.counted':
      return change(`${event.stream}: the vendor counts ${formatCounted(event.count, 'row')}`)
    case 'batch.extracted':
      return detail(`${event.stream}: ${formatCounted(event.rows, 'row')} read`)
    case 'batch.spooled':
      return detail(`${event.stream}: ${formatCounted(event.rows, 'row')} spooled`)
    case 'batch.staged':
      return detail(`${event.stream}: ${formatCounted(event.rows, 'row')} staged`)
    case 'schema.changed':
      return change(`${event.stream}: ${schemaChangeText(event.change)}`)
    case 'commit.started':
      return detail(`${event.stream}: commit ${event.sequence} begins`)
    case 'cursor.committed':
      return {
        level: event.done ? 'change' : 'step',
        text: `${event.stream}: ${formatCounted(event.loaded, 'row')} committed${event.done ? ', scan complete' : ''}`,
      }
    case 'stream.finished': {
      const { counted } = event.report
      const counts = [
        ...etlCounts(event.report),
        ...(counted === null ? [] : [`the vendor counts ${formatCount(counted)}`]),
      ]
      return change(`${event.stream}: ${counts.join(' · ')}`)
    }
    case 'diff.finished':
      return change(`${event.object}: ${diffText(event)}`)
    case 'intents.committed':
      return detail(`${event.object}: ${formatCounted(event.rows, 'row')} intended`)
    case 'batch.sent':
      return detail(`${event.object}: ${formatCounted(event.rows, 'row')} sent`)
    case 'batch.answered':
      return {
        level: 'step',
        text: `${event.object}: ${formatCount(event.delivered)} delivered, ${formatCount(event.rejected)} rejected of ${formatCounted(event.rows, 'row')}`,
      }
    case 'receipt.saved':
      return detail(`${event.object}: a job of the vendor holds ${formatCounted(event.rows, 'row')}`)
    case 'acknowledge.started':
      return detail(`${event.object}: acknowledging ${formatCounted(event.rows, 'row')}`)
    case 'acknowledged':
      return detail(`${event.object}: ${formatCounted(event.rows, 'row')} acknowledged`)
    case 'fence.taken':
      return detail(`${event.scope}: fence taken, epoch ${event.epoch}`)
    case 'row.rejected':
      return { level: 'warning', text: `${event.where}: row ${event.key} rejected, ${event.code}: ${event.message}` }
    case 'rows.rejected':
      // A single row has had its line.
      return {
        level: event.rows > 1 || event.code === 'PARKED' ? 'warning' : 'detail',
        text: `${event.where}: ${formatCounted(event.rows, 'row')} ${event.code === 'PARKED' ? 'parked' : `rejected, ${event.code}`}: ${event.message} (${event.samples.join(', ')}${event.rows > event.samples.length ? ', …' : ''})`,
      }
    case 'request.sent':
      return detail(`${event.connection}: ${event.label}`)
    case 'request.retried':
      return change(
        `${event.connection}: ${event.label} is tried again in ${formatSeconds(event.wait_ms / 1_000)}, attempt ${event.attempt}: ${event.reason}`,
      )
    case 'rate.limited':
      return {
        level: event.wait_ms >= longWaitMs ? 'change' : 'detail',
        text: `${event.connection}: waiting ${formatSeconds(event.wait_ms / 1_000)} for its rate limit`,
      }
    default:
      return event satisfies never
  }
}

function finishedText(run: Extract<EngineEvent, { type: 'run.finished' }>['run']): string {
  const status = run.status === 'not_run' ? 'not run' : run.status
  return `${status} in ${formatSeconds(run.seconds)}${run.error ? `, ${run.error.code}: ${run.error.message}` : ''}`
}

const scanBounds = (scan: { readonly from: string | null; readonly to: string }) =>
  `${scan.from === null ? 'of everything' : `from ${formatInstant(scan.from)}`} to ${formatInstant(scan.to)}`

function diffText(diff: Extract<EngineEvent, { type: 'diff.finished' }>): string {
  const counts = [
    `${formatCount(diff.added)} to add`,
    `${formatCount(diff.changed)} to change`,
    `${formatCount(diff.removed)} gone`,
    `${formatCount(diff.unchanged)} unchanged`,
    ...(diff.retry > 0 ? [`${formatCount(diff.retry)} to retry`] : []),
    ...(diff.opt_outs > 0 ? [`opt-outs first: ${formatCount(diff.opt_outs)}`] : []),
    ...(diff.withheld > 0 ? [`opt-ins withheld: ${formatCount(diff.withheld)}`] : []),
  ]
  return counts.join(', ')
}

const change = (text: string): EventText => ({ level: 'change', text })
const detail = (text: string): EventText => ({ level: 'detail', text })

const longWaitMs = 2_000
