/** A redis-server of the test's own: on a free port of 127.0.0.1, without a disk, gone when it is stopped. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type RedisServer = {
  readonly url: string
  readonly port: number
  readonly pid: () => number
  readonly isUp: () => Promise<boolean>
  /** Orderly, and removes its folder. */
  readonly stop: () => Promise<void>
  /** SIGKILL: as when the machine goes. */
  readonly kill: () => Promise<void>
  /** Again on the same port, after `kill`, or instead of what runs. Without a disk it comes back empty. */
  readonly restart: () => Promise<void>
  /** SIGSTOP: it takes connections, and answers nothing until `thaw`. */
  readonly freeze: () => void
  readonly thaw: () => void
}

export type RedisServerOptions = {
  /** More of redis-server's own flags: `--requirepass`, `--maxmemory-policy`. */
  readonly flags?: readonly string[]
  readonly password?: string
  /** true: every write is on disk, so that `restart` comes back with what there was. @default false */
  readonly keeps?: boolean
}

/** `describe.skipIf(!hasRedis)('… (skipped where redis-server is not installed)')` */
export const hasRedis = spawnSync('redis-server', ['--version']).error === undefined

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-redis-'))
  const port = await freePort()
  const password = options.password === undefined ? [] : ['--requirepass', options.password]
  const disk = options.keeps ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']
  const flags = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, '--save', '', ...disk]
  let server: ChildProcess
  const start = async () => {
    const child = spawn('redis-server', [...flags, ...password, ...(options.flags ?? [])], { stdio: 'ignore' })
    server = child
    const killWithUs = () => child.kill('SIGKILL')
    process.once('exit', killWithUs)
    child.once('exit', () => process.off('exit', killWithUs))
    await untilItAnswers(child, port)
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill('SIGCONT')
    server.kill(signal)
    await gone
  }
  await start()
  return {
    url:
      options.password === undefined ? `redis://127.0.0.1:${port}` : `redis://:${options.password}@127.0.0.1:${port}`,
    port,
    pid: () => server.pid ?? 0,
    isUp: () => answers(port),
    stop: async () => {
      await end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGKILL')
      await start()
    },
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
  }
}

/** A port that nobody holds now. Somebody may take it before redis-server does; then it says so and the test fails. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('the probe has no port')
  return address.port
}

async function untilItAnswers(server: ChildProcess, port: number): Promise<void> {
  const until = performance.now() + 10_000
  while (!(await answers(port))) {
    if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`)
    if (performance.now() > until) throw new Error(`redis-server does not answer on port ${port}`)
    await sleep(10)
  }
}

/** -NOAUTH is an answer too; -LOADING is not yet one. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.write('PING\r\n')
    const [data]: unknown[] = await once(socket, 'data')
    return /^(\+PONG|-NOAUTH)/.test(String(data))
  } catch {
    return false // not yet there
  } finally {
    socket.destroy()
  }
}
