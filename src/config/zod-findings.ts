import type { z } from 'zod'
import type { SourcePlace } from '../model/millrace-error.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { boundWords, noneOfItsForms, nounOf } from '../model/issue-words.ts'
import { isSecretName, secretReason } from './literal-secret.ts'
import { isInText, placeInText } from './place-in-text.ts'
import type { Report, YamlFile } from './yaml-file.ts'
import type { Path } from './yaml-places.ts'

type Issue = z.core.$ZodIssue

/** Parses a file's value by its schema. undefined: refused, and every reason has been reported with its place. */
export function parseBySchema<Schema extends z.ZodType>(
  schema: Schema,
  yaml: YamlFile,
  report: Report,
): z.output<Schema> | undefined {
  const result = schema.safeParse(yaml.value, { error: boundWords })
  if (result.success) return result.data
  reportIssues(result.error.issues, { yaml, value: yaml.value, at: [], knownKeys: undefined, report })
  return undefined
}

export type IssueContext = {
  readonly yaml: {
    readonly file: string
    readonly placeOf: (path: Path, part: 'key' | 'value') => SourcePlace | undefined
    /** @default only what is a secret by its own name or form is not shown */
    readonly isCovered?: YamlFile['isCovered']
  }
  /** What was parsed, and where in the file it stands. */
  readonly value: unknown
  readonly at: Path
  /** Keys of a schema that is not made by `strict`: a connector's. */
  readonly knownKeys: readonly string[] | undefined
  readonly report: Report
}

export function reportIssues(issues: readonly Issue[], context: IssueContext): void {
  const misspelt = new Set(issues.flatMap((issue) => meantKeys(issue, context)))
  for (const issue of issues)
    if (!misspelt.has(pathText(issue.path)) || valueAt(context.value, issue.path) !== undefined)
      reportIssue(issue, context)
}

/** A key that is missing because it is misspelt is told about once. */
function meantKeys(issue: Issue, context: IssueContext): readonly string[] {
  if (issue.code !== 'unrecognized_keys') return []
  return issue.keys.flatMap((key) => {
    const meant = didYouMean(key, context.knownKeys ?? issue.message.split(' '))
    return meant === undefined ? [] : [pathText([...issue.path, meant])]
  })
}

const pathText = (path: Path) => JSON.stringify(path.map(String))

function reportIssue(issue: Issue, context: IssueContext): void {
  const { yaml, report } = context
  const path = [...context.at, ...issue.path]
  const value = valueAt(context.value, issue.path)
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) reportUnknownKey(key, path, context.knownKeys ?? issue.message.split(' '), context)
  } else if (value === undefined) reportMissing(path, context)
  else if (issue.code === 'invalid_union') reportUnion(issue, context)
  else if (issue.code === 'invalid_key') {
    const reason = issue.issues[0]?.message ?? issue.message
    reportBad(` cannot stand here: ${reason}`, path, context, { place: yaml.placeOf(path, 'key') })
  } else if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String)
    const near = typeof value === 'string' ? didYouMean(value, allowed) : undefined
    const choice = allowed.map((word) => `\`${word}\``).join(', ')
    reportBad(` is ${shown(value, path, yaml)}; it can be ${choice}`, path, context, { near })
  } else if (issue.code === 'invalid_type') {
    const noun = nounOf(issue.expected)
    const form = isOwnWords(issue.message) ? `: ${issue.message}` : ''
    reportBad(` takes ${noun}, not ${shown(value, path, yaml)}${form}`, path, context)
  } else if (issue.code === 'custom' && issue.params?.['notBuilt'] === true) {
    const what = issue.message.startsWith('`') ? `${nameOf(path, yaml)}: ${String(value)}` : nameOf(path, yaml)
    const meaning = issue.message.startsWith('`') ? '' : ` (${issue.message})`
    report('MR-1211', {
      message: `\`${what}\` is planned and not built yet${meaning}`,
      next: 'Leave it out for now.',
      place: yaml.placeOf(path, 'key'),
    })
  } else if (issue.code === 'custom' && isInText(issue.params?.['inText'])) {
    const place = yaml.placeOf(path, 'value')
    reportBad(`: ${issue.message}`, path, context, { place: place && placeInText(place, issue.params['inText']) })
  } else reportBadValue(issue.message, path, { ...context, value })
}

/** `near`: the word that was likely meant. */
type More = { readonly near?: string | undefined; readonly place?: SourcePlace | undefined }

/** `words` go on from the name of the value. */
function reportBad(words: string, path: Path, { yaml, report }: IssueContext, more: More = {}): void {
  report('MR-1201', {
    message: `\`${nameOf(path, yaml)}\`${words}`,
    next: more.near && `Did you mean \`${more.near}\`?`,
    place: 'place' in more ? more.place : yaml.placeOf(path, 'value'),
  })
}

/** `value` is the bad value itself. */
function reportBadValue(reason: string, path: Path, context: IssueContext, more?: More): void {
  const what = isObject(context.value) ? '' : ` is ${shown(context.value, path, context.yaml)}`
  reportBad(`${what}: ${reason}`, path, context, more)
}

/** Not zod's: a schema says by itself what a value looks like. */
const isOwnWords = (message: string) => !message.startsWith('Invalid input')

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
    next: `Add \`${String(path.at(-1))}:\`${where}.`,
    place: context.yaml.placeOf(parent, 'key'),
  })
}

/** Of the forms that a value may have, tells about the one that was most likely meant. */
function reportUnion(issue: Issue & { readonly code: 'invalid_union' }, context: IssueContext): void {
  const path = [...context.at, ...issue.path]
  const value = valueAt(context.value, issue.path)
  const fitting = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.path.length === 0 && inner.code === 'invalid_type'),
  )
  const best = Math.min(...fitting.map(misfit))
  const nearest = fitting.filter((branch) => misfit(branch) === best)
  const inner = { ...context, value, at: path }
  const unknown = nearest.map((branch) => branch.filter(isUnknownKey))
  const words = nearest.length === 1 ? wordsOf(nearest[0] ?? []) : undefined
  if (words && isOwnWords(issue.message)) {
    // The words alone would leave out the other forms.
    const near = typeof value === 'string' ? didYouMean(value, words) : undefined
    return reportBadValue(issue.message, path, inner, { near })
  }
  if (nearest.length === 1 && nearest[0] && !nearest[0].every(saysLittle)) reportIssues(nearest[0], inner)
  else if (nearest.length > 1 && unknown.every((branch) => branch.length > 0)) reportUnknownInAll(unknown.flat(), inner)
  else reportBadValue(isOwnWords(issue.message) ? issue.message : noneOfItsForms, path, inner)
}

/** Several forms are equally near: an unknown key is compared with the keys of all of them. */
function reportUnknownInAll(issues: readonly UnknownKeys[], context: IssueContext): void {
  const known = issues.flatMap((issue) => issue.message.split(' '))
  for (const key of new Set(issues.flatMap((issue) => issue.keys))) reportUnknownKey(key, context.at, known, context)
}

/** The words of a form that takes nothing else. */
function wordsOf([issue, ...more]: readonly Issue[]): readonly string[] | undefined {
  const isForm = issue?.code === 'invalid_value' && issue.path.length === 0 && more.length === 0
  return isForm ? issue.values.map(String) : undefined
}

type UnknownKeys = Issue & { readonly code: 'unrecognized_keys' }

const isUnknownKey = (issue: Issue): issue is UnknownKeys =>
  issue.code === 'unrecognized_keys' && issue.path.length === 0

/** The words of the whole union say more than one branch's pattern or bound. */
const saysLittle = (issue: Issue) =>
  issue.path.length === 0 && ['invalid_format', 'too_small', 'too_big'].includes(issue.code ?? '')

/** Unknown and missing keys of the outer object say most about which form was not meant. */
const misfit = (branch: readonly Issue[]): number =>
  branch.reduce(
    (sum, issue) => sum + (issue.path.length > 1 ? 0.5 : issue.code === 'unrecognized_keys' ? issue.keys.length : 1),
    0,
  )

function valueAt(value: unknown, path: Path): unknown {
  let part = value
  for (const step of path) part = isObject(part) && Object.hasOwn(part, step) ? part[String(step)] : undefined
  return part
}

const nameOf = (path: Path, yaml: IssueContext['yaml']) => path.map(String).join('.') || yaml.file

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null

const shown = (value: unknown, path: Path, yaml: IssueContext['yaml']): string =>
  yaml.isCovered?.(path) ? notShown : show(value, path)

/** A value as it stands in messages; never a secret. */
export function show(value: unknown, path: Path): string {
  const secretKey = path.map(String).find(isSecretName)
  if (secretKey !== undefined || secretReason(value, undefined)) return notShown
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'an object'
  if (value === null) return 'nothing'
  const text = String(value)
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``
}

const notShown = 'a value that is not shown here'
