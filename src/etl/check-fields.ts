/** Fields that a sync names and its streams do not have. Each is a slip: what it was for would come in clear, or not at all. */
import type { EtlSync, StreamConfig } from '../config/project.ts'
import type { Stream } from '../connector/contract.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError, throwAll } from '../model/millrace-error.ts'

type Part = { readonly of: Pick<Stream, 'name' | 'columns'>; readonly config: StreamConfig }

/**
 * What a stream's own entry names, that stream has; what a glob or the whole sync names, one of the streams has that it holds
 * for. All errors at once. @throws MillraceError MR-1208
 */
export function refuseUnknownFields(
  sync: EtlSync,
  streams: readonly Stream[],
  wanted: ReadonlyMap<string, StreamConfig>,
): void {
  const parts = streams
    .flatMap((stream) => (wanted.has(stream.name) ? [stream, ...stream.children] : []))
    .flatMap((of): readonly Part[] => {
      const config = wanted.get(of.name)
      return config ? [{ of, config }] : []
    })
  const named = parts.flatMap((part) => namedBy(part).map((field) => ({ ...part, field, by: standsAt(part, field) })))
  const errors = [...Map.groupBy(named, ({ by, field }) => JSON.stringify([by, field])).values()].flatMap((alike) => {
    const [first] = alike
    if (!first || first.by === 'elsewhere') return []
    // That a stream's own entry names it, too, takes nothing from what the whole sync says.
    const meant = first.by === 'sync' ? named.filter(({ field }) => field === first.field) : alike
    return meant.some(({ of, field }) => Object.hasOwn(of.columns, field)) ? [] : [unknownField(sync, first, meant)]
  })
  throwAll(errors)
}

const namedBy = ({ config }: Part): readonly string[] => [
  ...new Set([...(config.include ?? []), ...config.exclude, ...Object.keys(config.mask), ...config.pii]),
]

type Stand = 'sync' | 'elsewhere' | { readonly entry: string }

/** A history that another stream's `field_history` brings has that one's own names, which are looked at there. */
function standsAt({ config }: Part, field: string): Stand {
  if (!config.ownFields.includes(field)) return 'sync'
  return config.isImplied ? 'elsewhere' : { entry: config.name }
}

function unknownField(
  sync: EtlSync,
  { config, field, by }: Part & { readonly field: string; readonly by: Stand },
  meant: readonly Part[],
): MillraceError {
  const near = didYouMean(field, [...new Set(meant.flatMap(({ of }) => Object.keys(of.columns)))])
  const { file, line } = config.place
  const who =
    by === 'sync'
      ? 'none of the streams that the sync’s own lists are for has a field'
      : meant.every(({ of }) => of.name === config.name)
        ? `${config.name} has no field`
        : `none of the streams that ${config.name} is for has a field`
  return new MillraceError('MR-1208', {
    message: `${sync.name}: ${who} ${field}${near ? `; did you mean ${near}?` : '.'} (${by === 'sync' ? file : `${file}:${line}`})`,
    kept: 'Nothing was read or changed.',
    next: `millrace connection discover ${sync.source}   lists the fields`,
  })
}
