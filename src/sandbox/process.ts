import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '../model/millrace-error.ts'
import { ownFolder } from '../model/own-folder.ts'
import type { ChildMessage } from './child.ts'
import { attachSandbox, connectSandbox } from './control-client.ts'
import { readRunningFile, sandboxDir } from './running-file.ts'
import type { RunningSandbox } from './running-sandbox.ts'
import type { SandboxOptions } from './serve.ts'
import { readOwnJson } from './own-json.ts'

export type OpenedSandbox = RunningSandbox & {
  /** Was it running before? Then `close` leaves it on. */
  readonly joined: boolean
}

/**
 * The sandbox of a project: the one that is running, or one that is started for as long as this process needs it.
 * @throws MillraceError MR-6001
 */
export async function openSandbox(options: SandboxOptions): Promise<OpenedSandbox> {
  const dir = sandboxDir(options.projectDir)
  const deadline = Date.now() + patienceMs
  while (Date.now() < deadline) {
    const joined = await joinSandbox(options.projectDir)
    if (joined) return checkJoined(joined, options)
    const started = await startChild(dir, options)
    if (started !== 'occupied') return started
    // Somebody is starting it, or just ending it: one of the two is over soon.
    for (let waited = 0; waited < 1000 && !readRunningFile(dir); waited += 25) await sleep(25)
  }
  throw new MillraceError('MR-6001', {
    message: `Starting the sandbox in ${dir}: another process has had it open for ${patienceMs / 1000} s, and cannot be reached.`,
    kept: 'The kept world is as it was.',
    next: 'End the other millrace command, and try again.',
  })
}

/** The sandbox that is running for this project, if there is one: for commands that never start one. */
export async function joinSandbox(projectDir: string): Promise<RunningSandbox | null> {
  const running = readRunningFile(sandboxDir(projectDir))
  return running && connectSandbox(running)
}

/**
 * The running or the kept sandbox, for commands that act on one and make none: move, fault, show, reset.
 * @throws MillraceError MR-6002 where there is neither
 */
export async function openKeptSandbox(options: SandboxOptions): Promise<OpenedSandbox> {
  if (existsSync(join(sandboxDir(options.projectDir), 'world.sqlite'))) return openSandbox(options)
  throw new MillraceError('MR-6002', {
    message: `Looking for the sandbox of ${options.projectDir}: none is running and none is kept.`,
    next: '`millrace sandbox` starts one; so does any command on a sandbox target.',
  })
}

async function checkJoined(
  sandbox: RunningSandbox,
  { simulators, seed, scale }: SandboxOptions,
): Promise<OpenedSandbox> {
  const status = await sandbox.status()
  const missing = simulators.filter(({ name }) => !sandbox.addresses[name])
  const problem =
    missing.length > 0
      ? `it has no ${missing.map(({ name }) => name).join(', ')}`
      : seed !== undefined && seed !== status.seed
        ? `its seed is ${status.seed}, not ${seed}`
        : scale !== undefined && scale !== status.scale
          ? `its scale is ${status.scale}, not ${scale}`
          : null
  if (problem === null) return { ...sandbox, joined: true }
  await sandbox.close()
  throw new MillraceError('MR-6001', {
    message: `Using the sandbox that is running for this project: ${problem}.`,
    kept: 'It goes on as it was.',
    next:
      missing.length > 0
        ? 'End it (Ctrl-C where `millrace sandbox` runs) and try again.'
        : '`millrace sandbox reset --seed N` makes its world anew.',
  })
}

async function startChild(dir: string, options: SandboxOptions): Promise<OpenedSandbox | 'occupied'> {
  mkdirSync(dir, ownFolder(dir))
  const logPath = join(dir, 'host.log')
  const log = openSync(logPath, 'a')
  // Only what a process needs to live: the project's secrets have no business in the sandbox.
  const env: NodeJS.ProcessEnv = { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') }
  for (const name of keptVariables) if (process.env[name] !== undefined) env[name] = process.env[name]
  const child = spawn(process.execPath, ['--import', resolver(), childEntry(), JSON.stringify(options)], {
    stdio: ['ignore', log, log, 'ipc'],
    env,
    // Ctrl-C in the terminal is for the command, which lets go of the sandbox when it is done.
    detached: true,
  })
  closeSync(log)
  const message = await firstMessage(child)
  if (message?.kind === 'ready') {
    // The child must not keep a command from ending that forgot to close it.
    child.unref()
    child.channel?.unref()
    return { ...attachSandbox(message.running, message.status, () => leaveChild(child)), joined: false }
  }
  if (message?.kind === 'occupied') return 'occupied'
  const failed = message?.kind === 'failed' ? message : null
  throw new MillraceError('MR-6001', {
    message:
      failed?.message ??
      `Starting the sandbox in ${dir}: its process ended with ${child.exitCode ?? child.signalCode}: ${lastLine(logPath)}`,
    kept: failed?.kept ?? 'The kept world is as it was.',
    next: failed?.next ?? `All of what it said: ${logPath}`,
  })
}

/** Lets go of the child; waits for its end only where nobody else uses it. */
async function leaveChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || !child.connected) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.ref()
  child.channel?.ref()
  const answered = firstMessage(child)
  child.send('leave')
  const answer = await answered
  if (answer?.kind !== 'staying') await Promise.race([ended, sleep(5000, undefined, { ref: false })])
  if (child.connected) child.disconnect()
  child.unref()
}

/** null: it ended without a word. */
function firstMessage(child: ChildProcess): Promise<ChildMessage | null> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(readOwnJson<ChildMessage>(String(message))))
    child.once('exit', () => resolve(null))
    child.once('error', () => resolve(null))
  })
}

/** Makes `import … from 'millrace'` work in simulators; beside src in a checkout, beside dist in a package. */
function resolver(): string {
  const here = ['../../bin/resolve-millrace.js', '../../../bin/resolve-millrace.js'].map(
    (path) => new URL(path, import.meta.url),
  )
  return (here.find((url) => existsSync(fileURLToPath(url))) ?? here[0])?.href ?? ''
}

const childEntry = () =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url))

const lastLine = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .findLast((line) => /\w/.test(line)) ?? 'nothing was said'

const patienceMs = 30_000
const keptVariables = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'SystemRoot',
  'LANG',
  'NODE_COMPILE_CACHE',
  'NODE_V8_COVERAGE',
  'MILLRACE_THREADS',
]
