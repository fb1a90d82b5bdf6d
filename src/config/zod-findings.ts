import type { z } from 'zod'
import type { Json } from '../model/json.ts'
import type { SourcePlace } from '../model/millrace-error.ts'
import { didYouMean } from './did-you-mean.ts'
import { isSecretName, secretReason } from './literal-secret.ts'
import type { Path, Report, YamlFile } from './yaml-file.ts'

type Issue = z.core.$ZodIssue

/** Parses a file's value by its schema. undefined: refused, and every reason has been reported with its place. */
export function parseBySchema<Schema extends z.ZodType>(
  schema: Schema,
  yaml: YamlFile,
  report: Report,
): z.output<Schema> | undefined {
  const result = schema.safeParse(yaml.value)
  if (result.success) return result.data
  reportIssues(result.error.issues, { yaml, value: yaml.value, at: [], knownKeys: undefined, report })
  return undefined
}

export type IssueContext = {
  readonly yaml: {
    readonly file: string
    readonly placeOf: (path: Path, part: 'key' | 'value') => SourcePlace | undefined
  }
  /** What was parsed, and where in the file it stands. */
  readonly value: unknown
  readonly at: Path
  /** Keys of a schema that is not made by `strict`: a connector's. */
  readonly knownKeys: readonly string[] | undefined
  readonly report: Report
}

export function reportIssues(issues: readonly Issue[], context: IssueContext): void {
  for (const issue of issues) reportIssue(issue, context)
}

function reportIssue(issue: Issue, context: IssueContext): void {
  const { yaml, report } = context
  const path = [...context.at, ...issue.path]
  const name = path.map(String).join('.')
  const value = valueAt(context.value, issue.path)
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) reportUnknownKey(key, path, context.knownKeys ?? issue.message.split(' '), context)
      return
    case 'invalid_union':
      return reportUnion(issue, context)
    case 'invalid_key':
      return report('MR-1201', {
        message: `\`${name}\` is not a name that can stand here: ${issue.issues[0]?.message ?? issue.message}`,
        place: yaml.placeOf(path, 'key'),
      })
    case 'invalid_value': {
      if (value === undefined) return reportMissing(path, context)
      const allowed = issue.values.map(String)
      const near = typeof value === 'string' ? didYouMean(value, allowed) : undefined
      return report('MR-1201', {
        message: `\`${name}\` is ${show(value, path)}; it can be ${list(allowed)}`,
        next: near ? `Did you mean \`${near}\`?` : undefined,
        place: yaml.placeOf(path, 'value'),
      })
    }
    case 'invalid_type':
      if (value === undefined) return reportMissing(path, context)
      return report('MR-1201', {
        message: `\`${name || yaml.file}\` takes ${nouns.get(issue.expected) ?? issue.expected}, not ${show(value, path)}`,
        place: yaml.placeOf(path, 'value'),
      })
    case 'custom':
      if (issue.params?.['notBuilt'] === true)
        return report('MR-1211', {
          message: `\`${name}\`: ${issue.message} ${issue.message.endsWith('s') ? 'are' : 'is'} planned and not built yet`,
          next: 'Leave it out for now.',
          place: yaml.placeOf(path, 'key'),
        })
  }
  report('MR-1201', {
    message: `\`${name}\` is ${show(value, path)}: ${issue.message}`,
    place: yaml.placeOf(path, 'value'),
  })
}

function reportUnknownKey(key: string, path: Path, known: readonly string[], context: IssueContext): void {
  const near = didYouMean(key, known)
  const where = path.length > 0 ? ` in \`${path.map(String).join('.')}\`` : ''
  context.report('MR-1203', {
    message: `unknown key \`${key}\`${where}`,
    next: near ? `Did you mean \`${near}\`?` : `Known here: ${known.join(', ')}.`,
    place: context.yaml.placeOf([...path, key], 'key'),
  })
}

function reportMissing(path: Path, context: IssueContext): void {
  const parent = path.slice(0, -1)
  const where = parent.length > 0 ? ` in \`${parent.map(String).join('.')}\`` : ''
  context.report('MR-1202', {
    message: `the key \`${String(path.at(-1))}\` is missing${where}`,
    place: context.yaml.placeOf(parent, 'key'),
  })
}

/** Of the forms that a value may have, tells about the one that was most likely meant. */
function reportUnion(issue: Issue & { readonly code: 'invalid_union' }, context: IssueContext): void {
  const path = [...context.at, ...issue.path]
  const value = valueAt(context.value, issue.path)
  if (value === undefined) return reportMissing(path, context)
  const fitting = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'),
  )
  const best = Math.min(...fitting.map(misfit))
  const nearest = fitting.filter((branch) => misfit(branch) === best)
  const [only] = nearest
  const inner = { ...context, value, at: path }
  if (!only) {
    context.report('MR-1201', {
      message: `\`${path.map(String).join('.')}\` is ${show(value, path)}: ${issue.message}`,
      place: context.yaml.placeOf(path, 'value'),
    })
  } else if (nearest.length === 1) reportIssues(only, inner)
  else reportAmbiguous(nearest, issue.message, inner)
}

/** Several forms are equally near: an unknown key is compared with the keys of all of them. */
function reportAmbiguous(branches: readonly (readonly Issue[])[], message: string, context: IssueContext): void {
  const unknown = branches.flatMap((branch) =>
    branch.filter((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0),
  )
  const known = unknown.flatMap((issue) => issue.message.split(' '))
  const keys = new Set(unknown.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : [])))
  if (keys.size > 0) for (const key of keys) reportUnknownKey(key, context.at, known, context)
  else
    context.report('MR-1201', {
      message: `\`${context.at.map(String).join('.')}\` is ${show(context.value, context.at)}: ${message}`,
      place: context.yaml.placeOf(context.at, 'value'),
    })
}

/** Unknown and missing keys of the outer object say most about which form was not meant. */
const misfit = (branch: readonly Issue[]): number =>
  branch.reduce(
    (sum, issue) => sum + (issue.path.length > 1 ? 0.5 : issue.code === 'unrecognized_keys' ? issue.keys.length : 1),
    0,
  )

function valueAt(value: unknown, path: Path): unknown {
  let part = value
  for (const step of path) part = isObject(part) ? part[String(step)] : undefined
  return part
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null

/** A value as it stands in messages; never a secret. */
export function show(value: unknown, path: Path): string {
  const secretKey = path.map(String).find(isSecretName)
  if (secretKey !== undefined || secretReason(value, undefined)) return 'a value that is not shown here'
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'an object'
  if (value === null) return 'nothing'
  const text = String(value)
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``
}

const list = (words: readonly Json[]) => words.map((word) => `\`${String(word)}\``).join(', ')

const nouns: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'an object'],
  ['record', 'an object'],
  ['null', 'nothing'],
])
