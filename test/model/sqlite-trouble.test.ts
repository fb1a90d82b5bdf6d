import type * as fs from 'node:fs'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { asMillraceError } from '../../src/model/millrace-error.ts'
import { sqliteTrouble } from '../../src/model/sqlite-trouble.ts'
import { openWorldFile } from '../../src/sandbox/world-file.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'

/** What the file system says of itself, and what this user may not open; null: what is true. A file system of its own would take root's rights. */
const disk = vi.hoisted((): { says: Partial<fs.StatsFs> | null; closed: string | null } => ({
  says: null,
  closed: null,
}))
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  return {
    ...real,
    statfsSync: (path: string) => ({ ...real.statfsSync(path), ...disk.says }),
    accessSync: (path: string, mode: number) => {
      if (path === disk.closed) throw new Error('EACCES')
      real.accessSync(path, mode)
    },
  }
})

const directory = mkdtempSync(join(tmpdir(), 'millrace-sqlite-'))
const store = join(directory, 'control.sqlite')
const world = join(directory, 'sandbox')
afterEach(() => Object.assign(disk, { says: null, closed: null }))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const thrownBy = (open: () => unknown) => {
  try {
    open()
    return null
  } catch (error) {
    return asMillraceError(error, 'opening it')
  }
}

test('what stands in the place of a file of SQLite is named', () => {
  const kept = join(world, 'world.sqlite')
  for (const folder of [store, kept]) mkdirSync(folder, { recursive: true })
  expect(thrownBy(() => openSqliteStore({ path: store }))).toMatchObject({
    code: 'MR-6003',
    message: `control store ${store}: opening it failed: ${store} is a folder, and no file`,
    next: [expect.stringContaining('move that away')],
  })
  expect(thrownBy(() => openWorldFile(world))).toMatchObject({
    code: 'MR-6001',
    message: `Opening the kept world of the sandbox, ${kept}: ${kept} is a folder, and no file.`,
  })
})

test.each([
  ['a full disk', { bavail: 0 }, 'the disk is full'],
  ['one that takes no more files', { files: 100, ffree: 0 }, 'the disk is full: it takes no more files (inodes)'],
])('what SQLite has no words for is told as %s', (_, says, words) => {
  disk.says = says
  // Of a name that is too long it says what it says of a file that cannot be made: `unable to open database file`.
  const path = join(directory, 'x'.repeat(300))
  expect(thrownBy(() => openSqliteStore({ path }))).toMatchObject({
    code: 'MR-2004',
    message: `control store ${path}: opening it failed, ${words}`,
  })
})

test('a file of another user is told as that', () => {
  const path = join(directory, 'theirs.sqlite')
  writeFileSync(path, '')
  disk.closed = path
  // As SQLite says it.
  const readOnly = Object.assign(new Error('attempt to write a readonly database'), { errcode: 8 })
  expect(sqliteTrouble(path, readOnly)).toMatchObject({
    words: `this user may not read and write ${path}`,
    next: expect.stringContaining(`chmod g+rw ${path}`),
  })
})
