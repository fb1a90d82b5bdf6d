import { openApp, type App } from '../app/app.ts'
import { checkProject } from '../app/check-project.ts'
import type { Project } from '../config/project.ts'
import type { Emit } from '../model/event.ts'
import { checkDirectory, readWhatIsRight, type ProjectRead } from './open-project.ts'
import type { Shell } from './shell.ts'
import type { FirstSignal } from './stop.ts'

export type OpenOptions = {
  /** @default nobody listens */
  readonly onEvent?: Emit
  /** What the first Ctrl-C does. @default 'at_once' */
  readonly firstSignal?: FirstSignal
  /** Who started it: a daemon decides itself what the first Ctrl-C is. @default 'terminal' */
  readonly of?: 'terminal' | 'daemon'
  /** Told of it. */
  readonly onFirstSignal?: () => void
  /**
   * Connections, streams and objects against the connectors, before anything else; `target`: nothing but millrace.yaml has to
   * be right, as for a look at what runs. @default true
   */
  readonly check?: boolean | 'target'
  /** One that was loaded and checked already. */
  readonly project?: Project
}

/** Opens the project and its target, checks it whole, works, and closes what was opened. */
export async function withApp<T>(
  shell: Shell,
  options: OpenOptions,
  work: (app: App, read: ProjectRead) => Promise<T>,
): Promise<T> {
  await checkDirectory(shell)
  void shell.stop.listen(options.firstSignal ?? 'at_once', options.of).then(options.onFirstSignal)
  const { project, isWhole } =
    options.check === 'target' ? await readWhatIsRight(shell) : { project: options.project, isWhole: true }
  const app = await openApp({
    directory: shell.directory,
    home: shell.home,
    project,
    target: shell.target,
    onEvent: options.onEvent ?? (() => undefined),
    env: shell.env,
    signal: shell.stop.signal,
    isStopping: shell.stop.isStopping,
  })
  try {
    if ((options.check ?? true) === true && !options.project) await checkProject(app.project)
    return await work(app, { isWhole })
  } finally {
    await app.close()
  }
}
