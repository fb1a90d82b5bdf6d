import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { openApp, type App } from '../app/app.ts'
import { checkProject } from '../app/check-project.ts'
import { loadProject } from '../config/load.ts'
import type { Project } from '../config/project.ts'
import type { Emit } from '../model/event.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Shell } from './shell.ts'
import type { FirstSignal } from './stop.ts'

export type OpenOptions = {
  /** @default nobody listens */
  readonly onEvent?: Emit
  /** What the first Ctrl-C does. @default 'at_once' */
  readonly firstSignal?: FirstSignal
  /** Connections, streams and objects against the connectors, before anything else. @default true */
  readonly check?: boolean
}

/** Opens the project and its target, checks it whole, works, and closes what was opened. */
export async function withApp<T>(shell: Shell, options: OpenOptions, work: (app: App) => Promise<T>): Promise<T> {
  await checkDirectory(shell)
  void shell.stop.listen(options.firstSignal ?? 'at_once')
  const app = await openApp({
    directory: shell.directory,
    target: shell.target,
    onEvent: options.onEvent ?? (() => undefined),
    env: shell.env,
    signal: shell.stop.signal,
    isStopping: shell.stop.isStopping,
  })
  try {
    if (options.check !== false) await checkProject(app.project)
    return await work(app)
  } finally {
    await app.close()
  }
}

/** The project alone, for commands that need no target. */
export async function openProject(shell: Shell): Promise<Project> {
  await checkDirectory(shell)
  return loadProject(shell.directory)
}

async function checkDirectory({ directory }: Shell): Promise<void> {
  const found = await stat(directory).catch(() => undefined)
  if (found?.isDirectory()) return
  throw new MillraceError('MR-1003', {
    message: `-C ${directory}: there is no directory ${resolve(directory)}`,
    next: 'millrace -C DIR …   with the directory of a project',
  })
}
