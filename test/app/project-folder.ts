import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openApp, type App, type AppOptions } from '../../src/app/app.ts'
import { planSyncs } from '../../src/app/plan-syncs.ts'
import { defaultRunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'

/** A project in a folder of its own, as its user would write it. */
export type ProjectFolder = {
  readonly directory: string
  readonly path: (name: string) => string
  readonly write: (name: string, text: string) => void
  /** Whoever calls it closes it. */
  readonly open: (options?: Partial<AppOptions>) => Promise<App>
  /** Opens, works, closes. */
  readonly inApp: <T>(work: (app: App) => Promise<T>, options?: Partial<AppOptions>) => Promise<T>
  /** Of the sync `crm`, as a command would. */
  readonly runCrm: () => ReturnType<typeof runSync>
  readonly planAll: () => ReturnType<typeof planSyncs>
  readonly remove: () => void
}

export function makeProjectFolder(): ProjectFolder {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-project-'))
  const path = (name: string) => join(directory, name)
  const open = (options: Partial<AppOptions> = {}) =>
    openApp({
      directory,
      onEvent: () => undefined,
      env: {},
      signal: new AbortController().signal,
      ...options,
    })
  const inApp: ProjectFolder['inApp'] = async (work, options) => {
    const app = await open(options)
    try {
      return await work(app)
    } finally {
      await app.close()
    }
  }
  return {
    directory,
    path,
    write(name, text) {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), text)
    },
    open,
    inApp,
    runCrm: () =>
      inApp((app) => {
        const found = app.project.syncs.find(({ name }) => name === 'crm')
        if (!found) throw new Error('the project has this sync')
        return runSync(app, found, defaultRunOptions)
      }),
    planAll: () => inApp((app) => planSyncs(app, app.project.syncs, { offline: true })),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
