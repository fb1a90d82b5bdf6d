/** A project as a git ref has it: read from the repository's objects, no work tree is touched. */
import { posix } from 'node:path'
import { didYouMean } from '../model/did-you-mean.ts'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import { runGit } from './git.ts'
import type { ProjectSource } from './project-source.ts'
import { listOwnPackages, releasePaths, type ReleaseFile } from './release-files.ts'

export type GitSourceOptions = {
  /** A folder of the repository: the project's. */
  readonly folder: string
  readonly ref: string
  /** A fetch that fails, once until one succeeds. */
  readonly onProblem: (message: string) => void
  /** For the ref of a remote. @default 60_000 */
  readonly fetchEveryMs?: number
}

/** @throws MillraceError MR-1001 not a ref or not a repository, MR-1204 no such ref, MR-1302 no git */
export async function gitSource(options: GitSourceOptions): Promise<ProjectSource> {
  const { folder, ref } = options
  if (!isRef(ref))
    throw new MillraceError('MR-1001', {
      message: `--git-ref ${JSON.stringify(ref)}: that is not the name of a ref`,
      kept: 'Nothing was started.',
      next: 'A branch, a tag or a commit: main, origin/main, v1.2.',
    })
  const inside = await runGit(folder, ['rev-parse', '--git-dir'])
  if (!inside.ok)
    throw new MillraceError('MR-1001', {
      message: `--git-ref ${ref}: ${folder} is not in a git repository that can be read (${inside.reason})`,
      kept: 'Nothing was started.',
      next: 'Clone the repository there, or run the daemon without --git-ref.',
    })
  const fetcher = await createFetcher(options)
  await fetcher.fetchNow()
  await resolveRef(folder, ref)
  return {
    from: ref,
    async stamp() {
      fetcher.fetchWhenDue()
      return resolveRef(folder, ref)
    },
    async read() {
      const commit = await resolveRef(folder, ref)
      const short = await textOf(folder, ['rev-parse', '--short', commit])
      return { files: await readFilesAt(folder, commit), commit: short }
    },
  }
}

/** An option is no ref, and nor is anything with white space or a control character in it. */
// oxlint-disable-next-line eslint/no-control-regex -- the characters that git refuses in a ref are among these
const isRef = (ref: string): boolean => ref !== '' && !ref.startsWith('-') && !/[\s\u0000-\u001f\u007f:]/.test(ref)

async function resolveRef(folder: string, ref: string): Promise<string> {
  const found = await runGit(folder, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])
  if (found.ok) return found.stdout.toString('utf8').trim()
  const names = await listRefs(folder)
  const near = didYouMean(ref, names)
  throw new MillraceError('MR-1204', {
    message: `there is no git ref ${ref} in the repository of ${folder}${near ? `; did you mean ${near}?` : ''}`,
    next: [
      names.length > 0
        ? `There are: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}.`
        : 'It has no commits yet.',
      'A branch that is only at the remote is named with it: origin/main.',
    ],
  })
}

async function listRefs(folder: string): Promise<readonly string[]> {
  const refs = ['refs/heads', 'refs/remotes', 'refs/tags']
  const listed = await runGit(folder, ['for-each-ref', '--format=%(refname:short)', ...refs])
  return listed.ok ? listed.stdout.toString('utf8').split('\n').filter(Boolean) : []
}

/** One git for the names and one for all contents, however many files there are. */
async function readFilesAt(folder: string, commit: string): Promise<readonly ReleaseFile[]> {
  const listing = await textOf(folder, ['ls-tree', '-r', '-z', commit, '--', ...releasePaths])
  const entries = listing.split('\0').flatMap((line) => {
    const [, mode = '', type, id = '', path = ''] = /^(\d+) (\w+) (\w+)\t(.*)$/s.exec(line) ?? []
    return type === 'blob' ? [{ path, id, isLink: mode === linkMode }] : []
  })
  const contents = await readObjects(
    folder,
    entries.map(({ id }) => id),
  )
  const files: ReleaseFile[] = []
  for (const [index, { path, isLink }] of entries.entries()) {
    const content = contents[index] ?? Buffer.alloc(0)
    files.push({
      path,
      content: isLink ? await readLinked(folder, commit, { path, target: content.toString('utf8') }) : content,
    })
  }
  const isThere = (path: string) => files.some((file) => file.path.startsWith(`${posix.dirname(path)}/`))
  const own = listOwnPackages(folder).filter(({ path }) => isThere(path))
  return [...files, ...own.filter(({ path }) => !files.some((file) => file.path.startsWith(`${path}/`)))]
}

/** `git cat-file --batch` answers each with `<id> blob <size>`, a line's end, so many bytes, and a line's end. */
async function readObjects(folder: string, ids: readonly string[]): Promise<readonly Buffer[]> {
  const answer = await runGit(folder, ['cat-file', '--batch'], { input: `${ids.join('\n')}\n`, timeoutMs: 60_000 })
  if (!answer.ok) throw unreadable(folder, answer.reason)
  let at = 0
  return ids.map((id) => {
    const end = answer.stdout.indexOf(10, at)
    const size = Number(/ blob (\d+)$/.exec(answer.stdout.toString('utf8', at, end))?.[1] ?? Number.NaN)
    if (Number.isNaN(size)) throw unreadable(folder, `the object ${id} is missing`)
    at = end + 1 + size + 1
    return answer.stdout.subarray(end + 1, end + 1 + size)
  })
}

/** A link counts as the file that it leads to, at the same commit and within the project. */
async function readLinked(
  folder: string,
  commit: string,
  { path, target, depth = 0 }: { readonly path: string; readonly target: string; readonly depth?: number },
): Promise<Buffer> {
  const to = posix.normalize(posix.join(posix.dirname(path), target))
  const isOutside = posix.isAbsolute(target) || to === '..' || to.startsWith('../') || depth > maxLinks
  const listing = isOutside ? '' : await textOf(folder, ['ls-tree', '-z', commit, '--', to])
  const [, mode = '', id = ''] = /^(\d+) blob (\w+)\t/.exec(listing) ?? []
  if (id === '')
    throw new MillraceError('MR-1206', {
      message: `${path} is a link to ${target}, which is not a file of the project at this commit`,
      next: 'Copy the file into the project.',
    })
  const [content = Buffer.alloc(0)] = await readObjects(folder, [id])
  if (mode !== linkMode) return content
  return readLinked(folder, commit, { path: to, target: content.toString('utf8'), depth: depth + 1 })
}

/** Nobody waits for a fetch: what it brought is there when the ref is looked at next. */
async function createFetcher({ folder, ref, onProblem, fetchEveryMs = 60_000 }: GitSourceOptions): Promise<{
  readonly fetchNow: () => Promise<void>
  readonly fetchWhenDue: () => void
}> {
  const args = await fetchArguments(folder, ref)
  let isFetching = false
  let dueMs = 0
  let said = ''
  const fetchNow = async () => {
    if (!args) return
    isFetching = true
    dueMs = performance.now() + fetchEveryMs
    const answer = await runGit(folder, args, { timeoutMs: fetchTimeoutMs }).finally(() => (isFetching = false))
    const problem = answer.ok ? '' : `git fetch for ${ref}: ${answer.reason}. What was fetched before stays.`
    if (problem !== '' && problem !== said) onProblem(problem)
    said = problem
  }
  return {
    fetchNow,
    fetchWhenDue() {
      if (isFetching || performance.now() < dueMs) return
      fetchNow().catch((error: unknown) => onProblem(asMillraceError(error, `git fetch for ${ref}`).message))
    },
  }
}

/** undefined: a ref of this repository alone. */
async function fetchArguments(folder: string, ref: string): Promise<readonly string[] | undefined> {
  const name = ref.replace(/^refs\/remotes\//, '')
  const [local, remotes] = await Promise.all([
    runGit(folder, ['rev-parse', '--verify', '--quiet', `refs/heads/${name}`]),
    runGit(folder, ['remote']),
  ])
  if (!remotes.ok || (local.ok && name === ref)) return undefined
  const known = remotes.stdout.toString('utf8').split('\n').filter(Boolean)
  const remote = known.find((each) => name.startsWith(`${each}/`))
  if (remote === undefined) return undefined
  const branch = name.slice(remote.length + 1)
  const refspec = branch === 'HEAD' ? [] : [`+refs/heads/${branch}:refs/remotes/${remote}/${branch}`]
  return ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-auto-gc', remote, ...refspec]
}

async function textOf(folder: string, args: readonly string[]): Promise<string> {
  const answer = await runGit(folder, args)
  if (!answer.ok) throw unreadable(folder, answer.reason)
  return answer.stdout.toString('utf8').trim()
}

const unreadable = (folder: string, reason: string) =>
  new MillraceError('MR-1003', {
    message: `reading the repository of ${folder}: ${reason}`,
    next: 'git fsck   says what is wrong with it',
    retry: 'later',
  })

const linkMode = '120000'
const maxLinks = 10
const fetchTimeoutMs = 60_000
