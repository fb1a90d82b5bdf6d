/** `doctor`: what a run needs, looked at one by one. Nothing is written, no secret is shown. */
import { existsSync } from 'node:fs'
import { access, constants, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findPackageJSON } from 'node:module'
import { readOwnPackage } from '../connector/own-package.ts'
import { asMillraceError, MillraceErrors, type MillraceError } from '../model/millrace-error.ts'
import { strangerAt } from '../model/stranger-at.ts'
import { openSnowflakeClient } from '../warehouse/snowflake/client/open-client.ts'
import { proveRights, type RightsRequest } from '../warehouse/snowflake/prove-rights.ts'
import { openApp, type App, type AppOptions } from './app.ts'
import { checkProject } from './check-project.ts'
import { withConnection } from './open-connection.ts'
import { snowflakeOptionsOf } from './open-snowflake.ts'
import { newRunId } from './run-id.ts'

export type Finding = {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
  /** What to do about it; empty where it is ok. */
  readonly fix: readonly string[]
}

export async function* examine(options: AppOptions): AsyncIterable<Finding> {
  yield checkNode()
  yield checkPackages()
  let app: App
  try {
    app = await openApp(options)
  } catch (error) {
    yield* failures('project', error)
    return
  }
  try {
    yield await look('project', async () => {
      await checkProject(app.project)
      return `${app.project.name}: ${app.project.syncs.length} syncs, target ${app.target.name}`
    })
    yield await look('control store', async () => {
      const runs = await app.store.runs({ limit: 1 })
      return runs[0] ? `last run ${runs[0].started_at}` : 'no run yet'
    })
    const { redisUrl } = app
    if (redisUrl !== null) yield await look('redis', () => checkRedisServer(redisUrl))
    if (app.target.warehouse.type === 'snowflake') yield* proveRights(rightsOf(app))
    else yield await look('warehouse', () => checkWarehouse(app))
    yield await look('disk', () => checkDisk(app))
    yield await look('own files', () => checkOwnFiles(app))
    for (const name of Object.keys(app.project.connections))
      yield await look(`connection ${name}`, () => checkConnection(app, name))
  } finally {
    await app.close()
  }
}

function checkNode(): Finding {
  const version = process.versions.node
  const ok = Number(version.split('.')[0]) >= 24
  return { name: 'Node', ok, detail: version, fix: ok ? [] : ['Install Node 24 or newer.'] }
}

/** The vendors' SDKs. One that a connection needs shows there too, with how to install it. */
function checkPackages(): Finding {
  const names = Object.keys(readOwnPackage().optionalDependencies ?? {})
  const missing = names.filter((name) => !isInstalled(name))
  const present = names.filter((name) => !missing.includes(name))
  const detail = [
    present.length > 0 ? present.join(', ') : 'no vendor’s SDK is installed',
    ...(missing.length > 0 ? [`not installed: ${missing.join(', ')}, which is fine where no connection needs it`] : []),
  ]
  return { name: 'packages', ok: true, detail: detail.join('; '), fix: [] }
}

function isInstalled(name: string): boolean {
  try {
    return findPackageJSON(name, import.meta.url) !== undefined
  } catch {
    return false // that is how Node says so
  }
}

/** What `openApp` did not refuse already. */
async function checkRedisServer(url: string): Promise<string> {
  const { checkRedis } = await import('../state/redis/check-redis.ts')
  const { version, policy, aof, latencyMs } = await checkRedis(url)
  const disk = aof
    ? 'appendonly yes'
    : 'appendonly no: a restart empties it or puts it back to its last snapshot, and each daemon tells it again what it knows'
  return `${version}, ${policy}, ${disk}, ${latencyMs.toFixed(1)} ms away`
}

async function checkWarehouse(app: App): Promise<string> {
  const { warehouse } = app.target
  // What is no file is refused by whoever opens it.
  const fresh = warehouse.type === 'duckdb' && !existsSync(warehouse.path) && strangerAt(warehouse.path) === undefined
  if (fresh) {
    await access(nearestDirectory(warehouse.path), constants.W_OK)
    return `${app.warehouse.place} does not exist yet; the first run makes it`
  }
  const runId = newRunId(app.clock.now())
  await app.warehouse.session({ runId, purpose: 'doctor', rehearsal: true }, (session) =>
    session.state.readRuns({ limit: 1 }),
  )
  return `${app.warehouse.type} at ${app.warehouse.place} opens and takes writes`
}

const rightsOf = (app: App): RightsRequest => ({
  id: newRunId(app.clock.now()).replaceAll(/\W/g, ''),
  open: async () => openSnowflakeClient({ ...(await snowflakeOptionsOf(app)), signal: app.signal }),
})

async function checkDisk(app: App): Promise<string | Problem> {
  const directory = nearestDirectory(app.spoolDir)
  const { bavail, bsize } = await statfs(directory)
  const free = bavail * bsize
  const detail = `${(free / 1e9).toFixed(1)} GB free at ${directory}`
  return free >= leastFreeBytes ? detail : { detail, fix: 'Free some space, or keep the project elsewhere.' }
}

/** A folder of before, or one that a team shares: whoever made it so may have meant it, so it is told and no more. */
async function checkOwnFiles(app: App): Promise<string> {
  const directory = join(app.project.home, '.millrace')
  const mode = (await stat(directory).catch(() => null))?.mode ?? 0
  // Windows has no such rights.
  if (process.platform === 'win32' || (mode & 0o007) === 0) return `${directory} is closed to other users`
  return `other users of this machine may look into ${directory}, which holds what was read of people:  chmod 700 ${directory}`
}

/** Secrets, credentials and clock. */
const checkConnection = (app: App, name: string): Promise<string | Problem> =>
  withConnection(app, name, newRunId(app.clock.now()), async ({ connector, now }) => {
    const account = (await connector.account({ signal: app.signal })) || 'the vendor (it does not tell the account)'
    const vendorNow = await now()
    if (app.target.sandbox) return `${account} answers; the sandbox's own clock stands at ${vendorNow.toISOString()}`
    const aheadSeconds = Math.round((vendorNow.getTime() - app.clock.now().getTime()) / 1000)
    if (Math.abs(aheadSeconds) <= maxClockSeconds) return `${account} answers; clocks agree within ${maxClockSeconds} s`
    const far = `${Math.abs(aheadSeconds)} s ${aheadSeconds > 0 ? 'ahead of' : 'behind'}`
    return {
      detail: `${account} answers; its clock is ${far} this machine's`,
      fix: 'Set this machine by a time server.',
    }
  })

type Problem = { readonly detail: string; readonly fix: string }

async function look(name: string, check: () => Promise<string | Problem>): Promise<Finding> {
  try {
    const found = await check()
    if (typeof found === 'string') return { name, ok: true, detail: found, fix: [] }
    return { name, ok: false, detail: found.detail, fix: [found.fix] }
  } catch (error) {
    const found = failures(name, error)
    return {
      name,
      ok: false,
      detail: found.map((each) => each.detail).join('; '),
      fix: found.flatMap((each) => each.fix),
    }
  }
}

function failures(name: string, error: unknown): readonly Finding[] {
  const errors: readonly MillraceError[] =
    error instanceof MillraceErrors ? error.errors : [asMillraceError(error, `looking at the ${name}`)]
  return errors.map(({ message, next, place }) => {
    const where = place ? `${place.file}:${place.line}:${place.column} ` : ''
    return { name, ok: false, detail: `${where}${message}`, fix: next }
  })
}

function nearestDirectory(path: string): string {
  const parent = dirname(path)
  return existsSync(parent) || parent === path ? parent : nearestDirectory(parent)
}

const leastFreeBytes = 1e9
const maxClockSeconds = 60
