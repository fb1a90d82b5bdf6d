import type { EtlLedger, ReverseLedger } from '../model/ledger.ts'
import type { RunRecord } from '../model/run.ts'
import { formatCount, formatCounted, formatSeconds } from './format-number.ts'

/** What became of a run's rows, in one line: the main counts always, the others where there is something to say. */
export function ledgerLine(run: Pick<RunRecord, 'ledger' | 'requests' | 'seconds'>): string {
  const counts = run.ledger === null ? [] : isEtl(run.ledger) ? etlCounts(run.ledger) : reverseCounts(run.ledger)
  return [...counts, formatCounted(run.requests, 'request'), formatSeconds(run.seconds)].join(' · ')
}

export function etlCounts(ledger: EtlLedger & { readonly loaded: number }): readonly string[] {
  const kinds = some(ledger, ['inserted', 'updated', 'deleted'])
  const loaded = `loaded ${formatCount(ledger.loaded)}${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`
  const others = some(ledger, [
    'derived',
    'unchanged',
    'stale',
    'duplicates',
    'filtered',
    'rejected',
    'closed',
    'replaced',
    'swept',
  ])
  return [`read ${formatCount(ledger.read)}`, loaded, ...others]
}

function reverseCounts(ledger: ReverseLedger): readonly string[] {
  const differing = some(ledger, ['added', 'changed', 'removed', 'retry'])
  const outcomes = some(ledger, [
    'rejected',
    'unknown',
    'absent',
    'parked',
    'held_back',
    'ignored',
    'coalesced',
    'invalid',
    'filtered',
  ])
  const withheld = ledger.withheld > 0 ? [`${formatCounted(ledger.withheld, 'opt-in')} withheld`] : []
  return [
    `${formatCounted(ledger.model_rows, 'model row')}`,
    differing.length > 0 ? differing.join(', ') : 'no differences',
    `${formatCount(ledger.delivered)} delivered`,
    ...outcomes,
    ...withheld,
  ]
}

export const isEtl = (ledger: NonNullable<RunRecord['ledger']>): ledger is EtlLedger & { readonly loaded: number } =>
  'read' in ledger

const some = <Name extends string>(ledger: { readonly [name in Name]: number }, names: readonly Name[]) =>
  names.filter((name) => ledger[name] > 0).map((name) => `${formatCount(ledger[name])} ${name.replace('_', ' ')}`)
