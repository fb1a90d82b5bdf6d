import type { z } from 'zod'
import type { StreamConfig } from '../config/project.ts'
import type { Stream } from '../connector/contract.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import type { JsonObject } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'

/**
 * The options that a stream gets: its own, checked by the connector's schema, and of those that the sync gives to all its
 * streams what it knows. @throws MillraceError MR-1208
 */
export function checkOptions(sync: string, stream: Pick<Stream, 'name' | 'options'>, config: StreamConfig): JsonObject {
  const known = Object.keys(stream.options?.shape ?? {})
  for (const name of config.ownOptions)
    if (!known.includes(name)) throw refuse(sync, config, unknownOption(stream.name, name, known))
  const given = Object.fromEntries(Object.entries(config.options).filter(([name]) => known.includes(name)))
  const parsed = stream.options?.safeParse(given)
  if (!parsed || parsed.success) return given
  const [issue] = parsed.error.issues
  throw refuse(
    sync,
    config,
    `the option ${issue?.path.join('.') ?? ''} of ${stream.name} is refused: ${issue?.message ?? ''}${issue ? meant(issue, given) : ''}`,
  )
}

/** Of a value that is none of a list. */
function meant(issue: z.core.$ZodIssue, given: JsonObject): string {
  if (issue.code !== 'invalid_value') return ''
  let value: unknown = given
  for (const step of issue.path)
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined
  const near = typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : undefined
  return near === undefined ? '' : `; did you mean ${near}?`
}

function unknownOption(stream: string, name: string, known: readonly string[]): string {
  if (name === 'query') return `${stream} takes no query`
  if (known.length === 0) return `${stream} takes no options, so ${name} would do nothing`
  const near = didYouMean(name, known)
  return `${stream} has no option ${name}${near ? `; did you mean ${near}?` : `; it has ${known.join(', ')}`}`
}

const refuse = (sync: string, { place }: StreamConfig, what: string) =>
  new MillraceError('MR-1208', {
    message: `${sync}: ${what}${what.endsWith('?') ? '' : '.'} (${place.file}:${place.line})`,
    kept: 'Nothing was read or changed.',
    next: 'Mend the options of the stream.',
  })
