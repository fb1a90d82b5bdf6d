import type { Limit, ReverseLimits, ReverseSync } from '../config/project.ts'
import type { ErrorCode } from '../model/error-catalogue.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { percentAbove, percentAllowed, rounding, shareOf } from '../model/percent-above.ts'
import type { GuardCheck } from '../model/plan.ts'
import type { Comparison } from './compare.ts'

export type GuardCounts = {
  readonly sync: string
  readonly model: string
  readonly model_rows: number
  /** Rows of the snapshot that the destination has accepted. */
  readonly accepted: number
  readonly added: number
  readonly changed: number
  readonly removed: number
}

/** What the guards look at: rows that would go, not rows that differ. */
export function guardCounts(
  { name, model, onRemoved }: Pick<ReverseSync, 'name' | 'model' | 'onRemoved'>,
  { diff, counts }: Pick<Comparison, 'diff' | 'counts'>,
): GuardCounts {
  const { model_rows, accepted } = diff
  const { added, changed } = counts
  // Of rows that nobody accepted, and of which nothing is sent, nothing can be lost.
  const removed = accepted === 0 && onRemoved.kind === 'ignore' ? 0 : counts.removed
  return { sync: name, model, model_rows, accepted, added, changed, removed }
}

/** Every guard with its numbers, whether it holds the run or not: plan and run read the same list. */
export function checkGuards(counts: GuardCounts, limits: ReverseLimits): readonly GuardCheck[] {
  const check = (name: GuardCheck['name'], rows: number, limit: Limit): GuardCheck => {
    // A share of nothing says nothing: the first run is asked about with --first-run. What was intended and never accepted
    // may be the destination's own: to remove it takes a number of rows, or all.
    const isOfNothing = counts.accepted === 0 && (name !== 'max_removed' || atLeastAll(limit))
    const ok = 'rows' in limit ? rows <= limit.rows : isOfNothing || rows <= shareOf(limit.fraction, counts.accepted)
    const fraction = counts.accepted === 0 ? 0 : rows / counts.accepted
    const flag = `--${name.replace('_', '-')}`
    const isInRows = 'rows' in limit || (counts.accepted === 0 && !ok)
    const allowed = isInRows ? String(rows) : `${Math.ceil(fraction * 100 - rounding)}%`
    return {
      name,
      value: isInRows ? { rows } : { fraction },
      limit,
      ok,
      override: ok ? null : `${flag} ${allowed}`,
    }
  }
  const emptyOk = limits.onEmpty === 'proceed' || counts.model_rows > 0
  return [
    check('max_added', counts.added, limits.maxAdded),
    check('max_changed', counts.changed, limits.maxChanged),
    check('max_removed', counts.removed, limits.maxRemoved),
    {
      name: 'on_empty',
      value: { rows: counts.model_rows },
      limit: { rows: limits.onEmpty === 'stop' ? 1 : 0 },
      ok: emptyOk,
      override: emptyOk ? null : '--on-empty proceed',
    },
  ]
}

/** The error of the first guard that holds; undefined: none does. */
export function guardError(
  counts: GuardCounts,
  guards: readonly GuardCheck[],
  optOutsSent: number,
): MillraceError | undefined {
  const held = guards.find((guard) => guard.name === 'on_empty' && !guard.ok) ?? guards.find((guard) => !guard.ok)
  if (!held) return undefined
  const allowing = guards.flatMap(({ override }) => override ?? [])
  return new MillraceError(codes[held.name], {
    message: messageOf(counts, held),
    kept:
      optOutsSent > 0
        ? `Only the ${inWords(optOutsSent)} rows that turned to opted out go; everything else waits, and is as it was.`
        : 'Nothing was sent. Snapshot and destination are as they were.',
    next: [
      `See them:        millrace sync plan ${counts.sync}`,
      `If it is right:  millrace sync run ${counts.sync} ${allowing.join(' ')}`,
    ],
  })
}

function messageOf(counts: GuardCounts, { name, limit, value }: GuardCheck): string {
  if (name === 'on_empty')
    return `${counts.sync}: the model ${counts.model} is empty, and ${inWords(counts.accepted)} rows were accepted before; on_empty is stop.`
  const rows = name === 'max_added' ? counts.added : name === 'max_changed' ? counts.changed : counts.removed
  const verb = name === 'max_added' ? 'add' : name === 'max_changed' ? 'change' : 'remove'
  const would = `${counts.sync} would ${verb} ${inWords(rows)} rows`
  if ('rows' in limit) return `${would}; ${name} is ${inWords(limit.rows)}.`
  const allowed = percentAllowed(limit.fraction)
  if ('rows' in value)
    return `${would} that were to be sent and that the destination is not known to have taken; ${name} is ${allowed} % of what was accepted, which is nothing yet.`
  return `${would}, ${percentAbove(value.fraction, limit.fraction)} % of what was accepted; ${name} is ${allowed} %.`
}

const atLeastAll = (limit: Limit): boolean => 'fraction' in limit && limit.fraction >= 1

const inWords = (rows: number): string => rows.toLocaleString('en-US')

const codes: { readonly [name in GuardCheck['name']]: ErrorCode } = {
  max_added: 'MR-4101',
  max_changed: 'MR-4102',
  max_removed: 'MR-4103',
  max_shrink: 'MR-4105',
  on_empty: 'MR-4104',
}
