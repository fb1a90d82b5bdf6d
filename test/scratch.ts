/** What the tests write is in one folder, which goes with them: a whole run leaves thousands of folders. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let folder: string

export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), 'tests-'))
  chmodSync(folder, 0o1777) // as /tmp: some tests become nobody
  process.env['TMPDIR'] = folder
}

export function teardown(): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
