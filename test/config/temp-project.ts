import { mkdir, mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { loadProject } from '../../src/config/load.ts'
import { MillraceError, MillraceErrors } from '../../src/model/millrace-error.ts'

export type Files = { readonly [path: string]: string }

/** A directory with these files; a sound small project where nothing else is said. */
export async function tempProject(files: Files = {}): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'millrace-config-')))
  for (const [path, text] of Object.entries({ ...sound, ...files })) {
    if (text === absent) continue
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  return root
}

/** What loading the project finds, in order. Empty: it loads. */
export async function findingsOf(files: Files): Promise<readonly MillraceError[]> {
  const root = await tempProject(files)
  return caughtFrom(() => loadProject(root))
}

export async function caughtFrom(action: () => unknown): Promise<readonly MillraceError[]> {
  try {
    await action()
    return []
  } catch (error) {
    if (error instanceof MillraceErrors) return error.errors
    if (error instanceof MillraceError) return [error]
    throw error
  }
}

/** Root may read and write everything: then as somebody who may not. */
export async function asNobody<T>(action: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return action()
  process.seteuid?.(65_534)
  try {
    return await action()
  } finally {
    process.seteuid?.(0)
  }
}

/** `CODE file:line:column "underlined"`: enough to say that a finding is right. */
export function brief(error: MillraceError): string {
  const { place } = error
  if (!place) return error.code
  const line = place.text.split('\n')[place.line - 1] ?? ''
  const marked = line.slice(place.column - 1, place.column - 1 + place.length)
  return `${error.code} ${place.file}:${place.line}:${place.column} ${marked}`
}

export const absent = '\0absent'

export const sound: Files = {
  'millrace.yaml': `project: acme
targets:
  sandbox: { sandbox: true }
connections:
  crm: { connector: salesforce, client_secret: '\${env:SF_SECRET}' }
  mail: { connector: customerio }
`,
  'syncs/crm.yaml': `source: crm
tags: [crm]
streams:
  Account: {}
  Contact:
`,
  'syncs/people.yaml': `model: people
primary_key: id
destination: mail
object: person
match: id
tags: [activation]
map:
  id: id
  email: email
  unsubscribed: { opt_out: email_opt_out }
`,
  'models/people.sql': `select id, email, false as email_opt_out from {{ source('crm', 'contact') }}\n`,
}
