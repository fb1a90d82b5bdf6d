import { MillraceError, MillraceErrors, type ErrorParts } from '../model/millrace-error.ts'
import type { ErrorCode } from '../model/error-catalogue.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { orderSyncs, syncDependencies } from './order-syncs.ts'
import { parseSelector, selectorForms } from './parse-selector.ts'
import type { Project, Sync } from './project.ts'

export type Selection = {
  readonly select: readonly string[]
  readonly exclude: readonly string[]
  readonly all: boolean
}

/** The selected syncs, in the order in which they run. @throws MillraceErrors MR-1001, MR-1002, MR-1211 */
export function selectSyncs(project: Project, { select, exclude, all }: Selection): readonly Sync[] {
  const problems: MillraceError[] = []
  if (select.length === 0 && !all) problems.push(nothingSelected(project))
  if (select.length > 0 && all)
    problems.push(
      new MillraceError('MR-1001', {
        message: 'selecting syncs: `--all` goes without names',
        next: 'Leave out one of the two.',
      }),
    )
  const names = (words: readonly string[]) =>
    new Set(
      words.flatMap((word) => {
        const found = matchSelector(project, word)
        if ('names' in found) return found.names
        problems.push(new MillraceError(found.code, found.parts))
        return []
      }),
    )
  const wanted = all ? new Set(project.syncs.map((sync) => sync.name)) : names(select)
  const unwanted = names(exclude)
  if (problems.length > 0) throw new MillraceErrors(problems)
  return orderSyncs(
    project,
    project.syncs.filter((sync) => wanted.has(sync.name) && !unwanted.has(sync.name)),
  )
}

export type SelectorMatch =
  { readonly names: readonly string[] } | { readonly code: ErrorCode; readonly parts: ErrorParts }

/** The names of the syncs that one word selects, or why it selects none. */
export function matchSelector(project: Pick<Project, 'syncs' | 'models'>, word: string): SelectorMatch {
  const selector = parseSelector(word)
  if (!selector) {
    const near = didYouMean(word.replace(/^\+/, '').split(':')[0] ?? '', ['tag', 'source', 'destination'])
    return {
      code: 'MR-1002',
      parts: {
        message: `\`${word}\` selects nothing: a selector is ${selectorForms}`,
        next: near && `Did you mean \`${near}:\`?`,
      },
    }
  }
  if (selector.kind === 'state')
    return {
      code: 'MR-1211',
      parts: { message: `\`${word}\`: selecting by git state is planned and not built yet`, next: 'Name the syncs.' },
    }
  const found = project.syncs
    .filter((sync) => words(sync)[selector.kind].includes(selector.name))
    .map((sync) => sync.name)
  if (found.length === 0) return { code: 'MR-1002', parts: unknownName(project, selector) }
  return { names: selector.withNeeded ? withNeeded(project, found) : found }
}

function words(sync: Sync) {
  return {
    sync: [sync.name],
    tag: sync.tags,
    source: sync.kind === 'etl' ? [sync.source] : [],
    destination: sync.kind === 'reverse_etl' ? [sync.destination] : [],
  }
}

function unknownName(
  project: Pick<Project, 'syncs'>,
  { kind, name }: { kind: 'sync' | 'tag' | 'source' | 'destination'; name: string },
): ErrorParts {
  const known = [...new Set(project.syncs.flatMap((sync) => words(sync)[kind]))].sort()
  const near = didYouMean(name, known)
  const prefix = kind === 'sync' ? '' : `${kind}:`
  return {
    message: kind === 'sync' ? `there is no sync \`${name}\`` : `no sync has the ${kind} \`${name}\``,
    next: near
      ? `Did you mean \`${prefix}${near}\`?`
      : known.length > 0
        ? `There are: ${known.map((each) => prefix + each).join(', ')}.`
        : `No sync has a ${kind}.`,
  }
}

function withNeeded(project: Pick<Project, 'syncs' | 'models'>, names: readonly string[]): readonly string[] {
  const needs = syncDependencies(project)
  const found = new Set<string>()
  const visit = (name: string) => {
    if (found.has(name)) return
    found.add(name)
    for (const needed of needs.get(name) ?? []) visit(needed)
  }
  for (const name of names) visit(name)
  return [...found]
}

const nothingSelected = (project: Project) =>
  new MillraceError('MR-1001', {
    message: 'selecting syncs: none was named',
    next: [
      `Name some (${selectorForms}), or say --all.`,
      `There are: ${project.syncs.map((sync) => sync.name).join(', ') || 'none yet'}.`,
    ],
  })
