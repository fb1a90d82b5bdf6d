import type { ReverseSync } from '../config/project.ts'
import type { DiffCounts } from '../warehouse/port.ts'
import type { ResolvedMapping } from './mapping.ts'

/** What whoever owns the sync should know, and nothing is held up for: a sentence each. */
export function warningsOf(
  { name, model }: Pick<ReverseSync, 'name' | 'model'>,
  { warnings, match }: Pick<ResolvedMapping, 'warnings' | 'match'>,
  { sharedRecords }: Pick<DiffCounts, 'sharedRecords'>,
): readonly string[] {
  if (sharedRecords === 0) return warnings
  const records = sharedRecords === 1 ? '1 record is' : `${sharedRecords} records are`
  return [
    ...warnings,
    `${name}: ${records} meant by more than one row of the model ${model}, with one ${match.column} under several keys: what was sent last stands there. Have the model choose one row for each.`,
  ]
}
