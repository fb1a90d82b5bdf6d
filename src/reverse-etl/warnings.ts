import type { ReverseSync } from '../config/project.ts'
import type { DiffCounts } from '../warehouse/port.ts'
import type { ResolvedMapping } from './mapping.ts'

/** What whoever owns the sync should know, and nothing is held up for: a sentence each. */
export function warningsOf(
  { name, model }: Pick<ReverseSync, 'name' | 'model'>,
  { warnings, identityColumns }: Pick<ResolvedMapping, 'warnings' | 'identityColumns'>,
  { sharedRecords }: Pick<DiffCounts, 'sharedRecords'>,
): readonly string[] {
  if (sharedRecords === 0) return warnings
  const records = sharedRecords === 1 ? '1 record is' : `${sharedRecords} records are`
  return [
    ...warnings,
    `${name}: ${records} meant by more than one row of the model ${model}, with one ${identityColumns.join(' and ')} under several keys: what was sent last stands there. Have the model choose one row for each.`,
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
