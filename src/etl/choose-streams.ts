/** Which of a source's streams a sync means by the names it gives. */
import { matchesGlob } from 'node:path'
import { historyNames } from '../config/history-names.ts'
import type { EtlSync, StreamConfig } from '../config/project.ts'
import { isGlob } from '../config/stream-glob.ts'
import type { OpenedConnector } from '../connector/contract.ts'
import { offeredStreams } from '../connector/offered-streams.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError, throwAll } from '../model/millrace-error.ts'

/** Exact names win over globs, and the first of two globs, also where it is switched off; a stream's history comes with it when asked for. */
export async function chooseStreams(
  sync: EtlSync,
  connector: OpenedConnector,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StreamConfig>> {
  const offered = await offeredStreams(connector, { signal })
  refuseUnknownStreams(sync, connector, offered)
  const chosen = new Map<string, StreamConfig>()
  const exact = new Set(sync.streams.map(({ name }) => name))
  const taken = new Map<string, string>()
  for (const config of sync.streams) {
    if (!isGlob(config.name)) {
      // A stream of the connector's that is made for queries takes one as its option.
      const asOption = config.query !== null && offered.includes(config.name) ? withQuery(config, config.query) : config
      if (config.enabled) chosen.set(config.name, asOption)
      continue
    }
    const fitting = offered.filter((name) => !exact.has(name) && matchesGlob(name, config.name))
    const own = fitting.filter((name) => !taken.has(name))
    if (fitting.length > 0 && own.length === 0) throw shadowedGlob(sync, config, taken.get(fitting[0] ?? '') ?? '')
    for (const name of own) {
      taken.set(name, config.name)
      if (config.enabled) chosen.set(name, config)
    }
  }
  addHistories(sync, chosen, { offered, taken })
  return chosen
}

/**
 * A stream that asks for its history by its own name has one, or is refused; where a glob or the whole sync asks, those bring one
 * that have one, and it is not switched off.
 */
function addHistories(
  sync: EtlSync,
  chosen: Map<string, StreamConfig>,
  { offered, taken }: { readonly offered: readonly string[]; readonly taken: ReadonlyMap<string, string> },
): void {
  const off = new Map(sync.streams.flatMap((config) => (config.enabled ? [] : [[config.name, config] as const])))
  const asking = [...chosen].filter(([, { fieldHistory }]) => fieldHistory)
  // Whoever asks of many streams is told only where none of them has any: a glob, or (null) the sync.
  const askerOf = (config: StreamConfig) => (asksForHistory(config) ? config : null)
  const askers = sync.streams.filter(({ enabled, fieldHistory }) => enabled && fieldHistory).map(askerOf)
  const idle = new Set(askers.filter((asker) => asker === null || isGlob(asker.name)))
  for (const [name, config] of asking) {
    const history = historyNames(name).find((candidate) => offered.includes(candidate))
    if (isGlob(config.name) || !asksForHistory(config)) {
      if (history === undefined || off.has(history) || off.has(taken.get(history) ?? '')) continue
      idle.delete(askerOf(config))
    }
    if (history === undefined) throw noHistory(sync, `${name} has no`, historyNames(name))
    const closed = off.get(history)
    if (closed) throw closedHistory(sync, { name, history, closed })
    idle.delete(null)
    if (!chosen.has(history)) chosen.set(history, historyOf(sync, config, history))
  }
  for (const asker of idle)
    throw asker === null
      ? noHistory(sync, 'none of its streams has a', ['…History'])
      : noHistory(sync, `none of the streams that ${asker.name} is for has a`, historyNames(asker.name))
}

const asksForHistory = ({ fieldHistory, own }: StreamConfig): boolean =>
  fieldHistory && own?.includes('field_history') === true

const historyOf = (sync: EtlSync, config: StreamConfig, history: string): StreamConfig => ({
  ...config,
  name: history,
  fieldHistory: false,
  isImplied: true,
  include: null,
  // The parent's own name its fields, whose old and new values stand in its rows: see resolve-streams.
  mask: sync.shared.mask,
  exclude: sync.shared.exclude,
  where: null,
  mode: null,
})

const noHistory = (sync: EtlSync, who: string, names: readonly string[]) =>
  new MillraceError('MR-1208', {
    message: `${sync.name}: ${who} field history at this vendor (looked for ${names.join(', ')}).`,
    next: 'Turn history tracking on there, or take field_history off.',
  })

const closedHistory = (
  sync: EtlSync,
  { name, history, closed }: { readonly name: string; readonly history: string; readonly closed: StreamConfig },
) =>
  new MillraceError('MR-1208', {
    message: `${sync.name}: ${name} asks for its field history, and ${history}, which holds it, is switched off. (${closed.place.file}:${closed.place.line})`,
    kept: 'Nothing was read or changed.',
    next: `Take  enabled: false  off ${history}, or field_history off ${name}.`,
  })

const withQuery = (config: StreamConfig, query: string): StreamConfig => ({
  ...config,
  options: { ...config.options, query },
  ownOptions: [...config.ownOptions, 'query'],
})

/** All of them at once. A glob that fits nothing is a slip as well: its run would load nothing, and call that done. */
function refuseUnknownStreams(sync: EtlSync, connector: OpenedConnector, offered: readonly string[]): void {
  const errors = sync.streams.flatMap((config) => {
    if (isGlob(config.name)) {
      const fits = !config.enabled || offered.some((name) => matchesGlob(name, config.name))
      return fits ? [] : [idleGlob(sync, config, offered)]
    }
    const isOwn = config.query !== null && connector.takesQueries === true
    if (offered.includes(config.name) || isOwn) return []
    const why = connector.whyNoStream?.(config.name) ?? null
    if (why === null) return [unknownStream(sync, config, offered)]
    // Switched off, it is what the sync says of it already.
    return config.enabled ? [unreadableStream(sync, config, why)] : []
  })
  throwAll(errors)
}

function idleGlob(sync: EtlSync, config: StreamConfig, offered: readonly string[]): MillraceError {
  const near = namesNear(config.name, offered)
  return new MillraceError('MR-1208', {
    message: `${sync.name}: ${sync.source} has no stream that ${config.name} fits${near.length > 0 ? `; near it: ${near.join(', ')}.` : '.'} (${config.place.file}:${config.place.line})`,
    kept: 'Nothing was read or changed.',
    next: `millrace connection discover ${sync.source}   lists all ${offered.length}`,
  })
}

const shadowedGlob = (sync: EtlSync, { name, place }: StreamConfig, by: string) =>
  new MillraceError('MR-1208', {
    message: `${sync.name}: ${name} has no effect: all that it fits is taken by ${by}, which stands before it. (${place.file}:${place.line})`,
    kept: 'Nothing was read or changed.',
    next: `Put ${name} before ${by}: the first glob that fits a stream has it.`,
  })

/** What the glob fits in other letters, or the name that is most like its text. */
function namesNear(glob: string, offered: readonly string[]): readonly string[] {
  const inOtherCase = offered.filter((name) => matchesGlob(name.toLowerCase(), glob.toLowerCase()))
  const alike = didYouMean(glob.replace(/[*?[\]{}]/g, ''), offered)
  return inOtherCase.length > 0 ? inOtherCase.slice(0, 3) : alike === undefined ? [] : [alike]
}

function unknownStream(sync: EtlSync, config: StreamConfig, offered: readonly string[]): MillraceError {
  const near = didYouMean(config.name, offered)
  return new MillraceError('MR-1208', {
    message: `${sync.name}: ${sync.source} has no stream ${config.name}${near ? `; did you mean ${near}?` : '.'} (${config.place.file}:${config.place.line})`,
    kept: 'Nothing was read or changed.',
    next: `millrace connection discover ${sync.source}   lists all ${offered.length}`,
  })
}

const unreadableStream = (sync: EtlSync, { name, place }: StreamConfig, why: string) =>
  new MillraceError('MR-1208', {
    message: `${sync.name}: ${name} of ${sync.source} cannot be read: ${why}. (${place.file}:${place.line})`,
    kept: 'Nothing was read or changed.',
    next: `Take ${name} off the sync.`,
  })
