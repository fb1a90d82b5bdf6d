import type { EtlSync, StreamConfig } from '../config/project.ts'
import type { Stream } from '../connector/contract.ts'
import { optionFlaw, optionNames } from '../connector/option-flaw.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import type { JsonObject } from '../model/json.ts'
import { idleOptions, meantOptions } from '../model/meant-options.ts'
import { MillraceError, throwAll } from '../model/millrace-error.ts'

/**
 * The options that a stream gets: its own, checked by the connector's schema, and of those that the sync gives to all its
 * streams what it knows. @throws MillraceError MR-1208
 */
export function checkOptions(sync: string, stream: Pick<Stream, 'name' | 'options'>, config: StreamConfig): JsonObject {
  const given = meantOptions(config, optionNames(stream))
  const flaw = optionFlaw(stream, given)
  if (flaw === null) return given
  const { file, line } = config.place
  throw new MillraceError('MR-1208', {
    message: `${sync}: ${flaw} (${file}:${line})`,
    kept: 'Nothing was read or changed.',
    next: 'Mend the options of the stream.',
  })
}

/** Those that a sync gives to all its streams, and none of them knows: all at once. @throws MillraceError MR-1208 */
export function refuseIdleOptions({ name, shared, place }: EtlSync, streams: readonly Stream[]): void {
  if (streams.length === 0) return
  const known = streams.flatMap(optionNames)
  throwAll(
    idleOptions(shared.options, known).map((option) => {
      const near = didYouMean(option, known)
      const what = known.length === 0 ? `takes options, so ${option} would do nothing` : `has the option ${option}`
      return new MillraceError('MR-1208', {
        message: `${name}: none of its streams ${what}${near ? `; did you mean ${near}?` : '.'} (${place.file})`,
        kept: 'Nothing was read or changed.',
        next: 'Mend the options of the sync, or give them to the stream that they are for.',
      })
    }),
  )
}
