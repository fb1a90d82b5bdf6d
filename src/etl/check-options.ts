import type { StreamConfig } from '../config/project.ts'
import type { Stream } from '../connector/contract.ts'
import { optionFlaw, optionNames } from '../connector/option-flaw.ts'
import type { JsonObject } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'

/**
 * The options that a stream gets: its own, checked by the connector's schema, and of those that the sync gives to all its
 * streams what it knows. @throws MillraceError MR-1208
 */
export function checkOptions(sync: string, stream: Pick<Stream, 'name' | 'options'>, config: StreamConfig): JsonObject {
  const meant = [...optionNames(stream), ...config.ownOptions]
  const given = Object.fromEntries(Object.entries(config.options).filter(([name]) => meant.includes(name)))
  const flaw = optionFlaw(stream, given)
  if (flaw === null) return given
  const { file, line } = config.place
  throw new MillraceError('MR-1208', {
    message: `${sync}: ${flaw}${flaw.endsWith('?') ? '' : '.'} (${file}:${line})`,
    kept: 'Nothing was read or changed.',
    next: 'Mend the options of the stream.',
  })
}
