import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export type Ended = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A real millrace process. `quiet` environment: no colour, no CI, none of the developer's secrets. */
export function millrace(directory: string, ...args: readonly string[]): Promise<Ended> {
  return startMillrace(directory, args).ended
}

export function startMillrace(
  directory: string,
  args: readonly string[],
  env: { readonly [name: string]: string } = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended>; readonly said: () => string } {
  const { PATH = '', HOME = '', TMPDIR } = process.env
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: directory,
    env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return { child, ended, said: () => stdout + stderr }
}

/** Every line of `--json` output, parsed; the last one is the result. */
export function linesOf({ stdout }: Ended): readonly Line[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): Line => JSON.parse(line))
}

// oxlint-disable-next-line typescript/no-explicit-any -- whatever a command says; the tests look at it piece by piece
export type Line = { readonly type: string; readonly [key: string]: any }

export const emptyDirectory = () => realpathSync(mkdtempSync(join(tmpdir(), 'millrace-cli-')))

/** What `init` writes. */
export async function newProject(): Promise<string> {
  const directory = emptyDirectory()
  const { code, stderr } = await millrace(directory, 'init')
  if (code !== 0) throw new Error(stderr)
  return directory
}

/** The sample project of this repository, in a place of its own. */
export function copyOfSampleProject(): string {
  const directory = emptyDirectory()
  for (const name of ['millrace.yaml', 'schedules.yaml', 'syncs', 'models'])
    cpSync(join(root, name), join(directory, name), { recursive: true })
  return directory
}

/** The sandbox in the foreground, with a small world, so that tests are quick. Answers how to end it. */
export async function serveSmallWorld(directory: string): Promise<() => Promise<Ended>> {
  const sandbox = startMillrace(directory, ['sandbox', '--scale', '0.05', '--seed', '7'])
  await until(() => sandbox.said().includes('Ctrl-C ends it'))
  return () => {
    sandbox.child.kill('SIGINT')
    return sandbox.ended
  }
}

export async function until(claim: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!claim()) {
    if (Date.now() > deadline) throw new Error('waited 20 s in vain')
    await sleep(20)
  }
}

export function edit(directory: string, file: string, change: (text: string) => string): void {
  const path = join(directory, file)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

export function write(directory: string, file: string, text: string): void {
  mkdirSync(dirname(join(directory, file)), { recursive: true })
  writeFileSync(join(directory, file), text)
}

const root = fileURLToPath(new URL('../..', import.meta.url))
export const launcher = join(root, 'bin/millrace.js')
