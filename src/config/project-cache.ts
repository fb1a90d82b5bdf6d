/**
 * A large project that was found right is not parsed again until a byte of it changes. One file a project in the user's
 * cache directory, with what `loadProject` gave; it holds no secret, since a project with one in the open is not right.
 * Whatever is wrong with the cache, the project is parsed as if there were none.
 */
import { createHash, type Hash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { ownFolder } from '../model/own-folder.ts'
import { listProjectFiles } from './list-project-files.ts'
import type { Project } from './project.ts'

export type ProjectCache = {
  /** undefined: not known, or not in the state that the project has now. */
  readonly read: () => Project | undefined
  readonly write: (project: Project) => void
}

/** undefined: the project is so small that it is parsed sooner than looked up, or its files cannot be read. */
export function projectCache(root: string, home = root): ProjectCache | undefined {
  const key = attempt(() => stateOf(root, home))
  const directory = cacheDirectory(process.env)
  if (key === undefined || directory === undefined) return undefined
  // Frozen copies come and go; all of a project's share one file.
  const place = root === home ? root : `${home} frozen`
  const path = join(directory, `${createHash('sha256').update(place).digest('hex').slice(0, 32)}.json`)
  return {
    read: () =>
      attempt(() => {
        const cached = JSON.parse(readFileSync(path, 'utf8')) as { key: string; project: Project } // what `write` wrote
        return cached.key === key ? cached.project : undefined
      }),
    write: (project) =>
      attempt(() => {
        const text = JSON.stringify({ key, project })
        if (!isDeepStrictEqual(JSON.parse(text), { key, project })) return
        mkdirSync(directory, ownFolder(directory))
        writeFileSync(`${path}.${process.pid}`, text, { mode: 0o600 })
        renameSync(`${path}.${process.pid}`, path)
      }),
  }
}

/** Of all that the result depends on: the project's files, its links, and millrace's own code. */
function stateOf(root: string, home: string): string | undefined {
  const hash = createHash('sha256').update(`${root}\n${home}`)
  const files = listProjectFiles(root)
  // A link may lead somewhere else tomorrow.
  if (files.length < worthCaching || files.some(({ isLink }) => isLink)) return undefined
  for (const { path } of files) {
    const bytes = attempt(() => readFileSync(join(root, path)))
    hash.update(`\n${path} ${bytes?.length ?? 'none'}\n`).update(bytes ?? '')
  }
  addLinks(hash, root)
  addOwnCode(hash)
  return hash.digest('hex')
}

function addLinks(hash: Hash, root: string): void {
  for (const entry of readdirSync(root, { withFileTypes: true }))
    if (entry.isSymbolicLink()) hash.update(`\n${entry.name} -> ${readlinkSync(join(root, entry.name))}`)
}

/** By size and time, as make does it. */
function addOwnCode(hash: Hash): void {
  const own = dirname(fileURLToPath(import.meta.url))
  for (const directory of [own, join(own, '..', 'model')])
    for (const name of readdirSync(directory)) {
      const { size, mtimeMs } = lstatSync(join(directory, name))
      hash.update(`\n${name} ${size} ${mtimeMs}`)
    }
}

/** Where the system's other caches are; undefined: there is no such place. */
function cacheDirectory(env: NodeJS.ProcessEnv): string | undefined {
  const base = env['XDG_CACHE_HOME'] ?? attempt(() => join(homedir(), '.cache'))
  return base ? join(base, 'millrace', 'projects') : undefined
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    // A cache that cannot be used is no cache.
    return undefined
  }
}

/** Files. */
const worthCaching = 30
