/** What the daemon runs: the last good state of the project's folder or of a git ref, frozen. */
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadProject } from '../config/load.ts'
import { findProjectRoot } from '../config/project-paths.ts'
import type { Project } from '../config/project.ts'
import { asMillraceError, MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import { checkProject } from './check-project.ts'
import { freezeProject } from './freeze-project.ts'
import { gitSource } from './git-source.ts'
import { folderSource, type ProjectSource } from './project-source.ts'
import { stampFolder } from './release-files.ts'
import { readReleaseNote, touchRelease } from './release-note.ts'

export type ProjectFollower = {
  /** The last good one: its `root` is a release, its `home` the project's folder. A run keeps the one that it began with. */
  readonly project: () => Project
  /** Takes over what changed and is right. What is wrong with it goes to `onProblem`, once, and the last good one stays. */
  readonly look: () => Promise<'same' | 'changed'>
}

export type FollowOptions = {
  /** The project's folder, or one in it. */
  readonly directory: string
  /** @default the folder's files are followed */
  readonly gitRef?: string | undefined
  readonly onProblem: (message: string) => void
  /** For the ref of a remote. @default 60_000 */
  readonly fetchEveryMs?: number
  /** Files that change within this time are still being written. @default 200 */
  readonly settleMs?: number
}

/** @throws MillraceErrors with every finding of the project as it is at the beginning; those of `gitSource` */
export async function followProject(options: FollowOptions): Promise<ProjectFollower> {
  const { gitRef, settleMs = 200 } = options
  const home = homeOf(options)
  const source =
    gitRef === undefined ? await folderSource(home) : await gitSource({ ...options, folder: home, ref: gitRef })
  /** null: somebody has begun to write while it was read. Half a file may be a right one, less the masks at its end. */
  const takeWhole = async (stamp: string): Promise<Taken | null> => {
    const taken = await takeRelease(source, home)
    return gitRef === undefined && (await source.stamp()) !== stamp ? null : taken
  }
  const takeFirst = async (tries = firstTries): Promise<{ readonly stamp: string; readonly first: Taken }> => {
    const stamp = await source.stamp()
    const first = await (tries > 1 ? takeWhole(stamp) : takeRelease(source, home))
    if (first) return { stamp, first }
    await sleep(settleMs)
    return takeFirst(tries - 1)
  }
  const { stamp: began, first } = await takeFirst()
  let seen = began
  if ('findings' in first) throw new MillraceErrors(first.findings)
  let { project } = first
  let frozen = stampOf(project)
  let touchedMs = performance.now()
  const [saySource, sayRelease] = [sayOnce(options.onProblem), sayOnce(options.onProblem)]
  const sayLost = sayOnce(options.onProblem)
  const touch = () => {
    touchRelease(project.root)
    touchedMs = performance.now()
  }

  const look = async (): Promise<'same' | 'changed'> => {
    const stamp = await source.stamp()
    saySource('')
    const isStanding = stampOf(project) === frozen
    if (!isStanding)
      sayLost(`The files that runs read, ${project.root}, were changed or are gone: they are made again.`)
    if (stamp === seen && isStanding) return 'same'
    if (gitRef === undefined) {
      await sleep(settleMs)
      if ((await source.stamp()) !== stamp) return 'same'
    }
    const taken = await takeWhole(stamp)
    if (taken === null) return 'same'
    if ('findings' in taken) {
      if (taken.findings.every(isForGood)) seen = stamp
      sayRelease(describeFindings(taken, source, project))
      return 'same'
    }
    seen = stamp
    sayLost('')
    frozen = stampOf(taken.project)
    const wasWrong = sayRelease('')
    if (taken.project.root === project.root) {
      // Nothing is taken over, so nobody else says that what was wrong is over.
      if (wasWrong) options.onProblem('The project is right again, and as it was: nothing is to be taken over.')
      return 'same'
    }
    // Runs that are on may read the old one for as long as a release is kept, from now.
    touch()
    project = taken.project
    return 'changed'
  }
  return {
    project: () => project,
    async look() {
      if (performance.now() - touchedMs > touchEveryMs) touch()
      try {
        return await look()
      } catch (error) {
        const { message } = asMillraceError(error, 'looking for a change of the project')
        saySource(`${sentence(message)} ${staysText(source, project)}`)
        return 'same'
      }
    },
  }
}

/** A ref may be followed in a clone whose work tree is empty, or has another branch in it. */
function homeOf({ directory, gitRef }: FollowOptions): string {
  try {
    return findProjectRoot(directory)
  } catch (error) {
    if (gitRef === undefined) throw error
    return resolve(directory)
  }
}

type Taken =
  { readonly project: Project } | { readonly findings: readonly MillraceError[]; readonly commit: string | null }

async function takeRelease(source: ProjectSource, home: string): Promise<Taken> {
  let commit: string | null = null
  try {
    const read = await source.read()
    commit = read.commit
    const folder = freezeProject(home, read.files, { commit, from: source.from })
    const project = await loadProject(folder, { home })
    await checkProject(project)
    return { project }
  } catch (error) {
    if (error instanceof MillraceErrors) return { findings: error.errors, commit }
    if (error instanceof MillraceError) return { findings: [error], commit }
    throw error
  }
}

/** Somebody emptied `.millrace`, or wrote into a release: each run that reads it would fail. */
const stampOf = ({ root }: Project): string => `${readReleaseNote(root)?.from ?? ''}\n${stampFolder(root)}`

/** Only a change of the project mends it. A package that is missing may be installed, and a git that was busy is free again. */
const isForGood = ({ code, retry }: MillraceError): boolean => retry === 'never' && code !== 'MR-1302'

function describeFindings(
  { findings, commit }: Extract<Taken, { readonly findings: unknown }>,
  source: ProjectSource,
  project: Project,
): string {
  const [worst] = findings
  const place = worst?.place ? `${worst.place.file}:${worst.place.line}: ` : ''
  const isFolder = source.from === 'folder'
  const what = isFolder ? 'The project was changed and' : `The project at ${source.from} (${commit})`
  return (
    `${what} has ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}. ${staysText(source, project)} ` +
    `${worst?.code} ${place}${sentence(worst?.message ?? '')} ${isFolder ? 'Next: millrace sync validate' : 'Next: push a commit that mends it.'}`
  )
}

function staysText({ from }: ProjectSource, project: Project): string {
  const commit = readReleaseNote(project.root)?.commit ?? null
  return `The last good one${from === 'folder' || commit === null ? '' : ` (${commit})`} stays.`
}

const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`)

/** What holds on is said when it begins. '' ends it. Gives whether there was something to end. */
function sayOnce(say: (message: string) => void): (message: string) => boolean {
  let said = ''
  return (message) => {
    const before = said
    if (message !== '' && message !== before) say(message)
    said = message
    return message === '' && before !== ''
  }
}

const touchEveryMs = 3_600_000
/** Of a daemon that begins: who writes without a pause for so long does not keep it from it. */
const firstTries = 25
