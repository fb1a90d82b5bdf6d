import { openApp, type App } from '../app/app.ts'
import { checkProject } from '../app/check-project.ts'
import { loadWhatIsRight } from '../config/load.ts'
import type { Project } from '../config/project.ts'
import type { Emit } from '../model/event.ts'
import { formatCounted } from '../render/format-number.ts'
import { checkDirectory } from './open-project.ts'
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

/** `isWhole`: all of its files are right, so that what is not in it is not there. */
export type ProjectRead = { readonly isWhole: boolean }

/** Opens the project and its target, checks it whole, works, and closes what was opened. */
export async function withApp<T>(
  shell: Shell,
  options: OpenOptions,
  work: (app: App, read: ProjectRead) => Promise<T>,
): Promise<T> {
  await checkDirectory(shell)
  void shell.stop.listen(options.firstSignal ?? 'at_once', options.of).then(options.onFirstSignal)
  const { project, isWhole } =
    options.check === 'target' ? await readForTarget(shell) : { project: options.project, isWhole: true }
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

async function readForTarget(shell: Shell): Promise<ProjectRead & { readonly project: Project }> {
  const { project, findings } = await loadWhatIsRight(shell.directory, shell)
  const [first] = findings
  if (first)
    shell.say(
      `The project has ${formatCounted(findings.length, 'mistake')}${first.place ? ` (${first.place.file}:${first.place.line})` : ''}, which this does not need.\nSee: millrace sync validate`,
    )
  return { project, isWhole: first === undefined }
}
