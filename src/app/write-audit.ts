import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ownFolder } from '../model/own-folder.ts'
import type { App } from './app.ts'
import { whoAmI } from './who-am-i.ts'

/** What was done to the state by hand, by whom and when: a line in `.millrace/audit.ndjson`. */
export async function writeAudit(app: App, entry: { readonly [name: string]: unknown }): Promise<void> {
  const directory = join(app.project.home, '.millrace')
  await mkdir(directory, ownFolder(directory))
  const line = { at: app.clock.now().toISOString(), who: whoAmI(), target: app.target.name, ...entry }
  await appendFile(join(directory, 'audit.ndjson'), `${JSON.stringify(line)}\n`)
}
