import type { ReverseSync } from '../config/project.ts'
import type { DiffCounts } from '../warehouse/port.ts'
import type { DecisionCounts } from './compare.ts'
import type { ResolvedMapping } from './mapping.ts'

/** What whoever owns the sync should know, and nothing is held up for: a sentence each. */
export function warningsOf(
  sync: Pick<ReverseSync, 'name' | 'model' | 'onRemoved'>,
  mapping: Pick<ResolvedMapping, 'warnings' | 'identityColumns' | 'match'>,
  counts: Pick<DiffCounts, 'sharedRecords' | 'leftBehind'> & Pick<DecisionCounts, 'unsure' | 'unsureMoves'>,
): readonly string[] {
  const { sharedRecords, leftBehind, unsure, unsureMoves } = counts
  const named = mapping.identityColumns.join(' and ')
  const { column } = mapping.match
  const others = mapping.identityColumns.filter((name) => name !== column).join(' or ')
  return [
    ...mapping.warnings,
    ...(sharedRecords === 0
      ? []
      : [
          `${sync.name}: ${sharedRecords === 1 ? '1 record is' : `${sharedRecords} records are`} meant by more than one row of the model ${sync.model}, with one ${named} under several keys: what was sent last stands there. Have the model choose one row for each.`,
        ]),
    ...(leftBehind === 0 || sync.onRemoved.kind === 'ignore'
      ? []
      : [
          `${sync.name}: ${leftBehind === 1 ? '1 record stays' : `${leftBehind} records stay`} at the destination that a row of the model ${sync.model} meant before its ${column} changed: on_removed removes what a row meant last. Remove the old ones there by hand; with ${column} as the key they would go.`,
        ]),
    ...(unsure === 0
      ? []
      : [
          `${sync.name}: ${unsure === 1 ? '1 row has' : `${unsure} rows have`} left after a sending that had no answer: what was accepted before is removed; if that sending had another ${column}, its record stays at the destination.`,
        ]),
    ...(unsureMoves === 0
      ? []
      : [
          `${sync.name}: ${unsureMoves === 1 ? '1 row has' : `${unsureMoves} rows have`} another ${others} than was accepted, after a sending that had no answer: what was accepted is ended; if that sending had yet another ${others}, its record stays at the destination.`,
        ]),
  ]
}

/** `--baseline` sends nothing: what of it may be an opt-out that the destination never got. undefined: nobody opted out. */
export function baselineWarning({ name }: Pick<ReverseSync, 'name'>, optOuts: number): string | undefined {
  if (optOuts === 0) return undefined
  const [rows, say, them] = optOuts === 1 ? ['1 row', 'says', 'it'] : [`${optOuts} rows`, 'say', 'them']
  return (
    `${name}: ${rows} of the model ${say} opted out, and --baseline sends nothing: whether the destination has ${them} so, nobody looked. ` +
    `To deliver ${them}:  millrace sync state reset ${name}   and then  millrace sync run ${name} --first-run`
  )
}
