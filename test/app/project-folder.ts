import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openApp, type App, type AppOptions } from '../../src/app/app.ts'

/** A project in a folder of its own, as its user would write it. */
export type ProjectFolder = {
  readonly directory: string
  readonly path: (name: string) => string
  readonly write: (name: string, text: string) => void
  /** Whoever calls it closes it. */
  readonly open: (options?: Partial<AppOptions>) => Promise<App>
  /** Opens, works, closes. */
  readonly inApp: <T>(work: (app: App) => Promise<T>, options?: Partial<AppOptions>) => Promise<T>
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
  return {
    directory,
    path,
    write(name, text) {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), text)
    },
    open,
    async inApp(work, options) {
      const app = await open(options)
      try {
        return await work(app)
      } finally {
        await app.close()
      }
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
