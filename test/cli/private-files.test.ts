/** The spool has what is masked in the warehouse in the clear, and a control store names people's keys. */
import { chmodSync, globSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linesOf, millrace, newProject, serveSmallWorld } from './command.ts'

const before = process.umask(0o022)
afterAll(() => void process.umask(before))

let project: string
let end: () => Promise<unknown>
beforeAll(async () => {
  project = await newProject()
  end = await serveSmallWorld(project)
}, 60_000)
afterAll(() => end())

test('what is kept of people is for its own user alone, whoever makes its folder first', async () => {
  expect((await millrace(project, 'sync', 'run', 'stripe')).code).toBe(0)
  const folders = ['.millrace', ...globSync('.millrace/**', { cwd: project })].filter((path) =>
    statSync(join(project, path)).isDirectory(),
  )
  expect(folders.length).toBeGreaterThan(2)
  for (const path of folders) expect([path, statSync(join(project, path)).mode & 0o777]).toEqual([path, 0o700])
})

test('of a folder that is open to others, doctor has a word', async () => {
  chmodSync(join(project, '.millrace'), 0o755)
  const told = linesOf(await millrace(project, 'doctor', '--json')).find(({ name }) => name === 'own files')
  chmodSync(join(project, '.millrace'), 0o700)
  expect(told).toMatchObject({ ok: true, detail: expect.stringContaining('chmod 700') })
})

test('in a folder that a team shares, what one makes the others can go on with', async () => {
  chmodSync(join(project, '.millrace'), 0o2770)
  process.umask(0o002)
  rmSync(join(project, '.millrace/control.sqlite'))
  expect((await millrace(project, 'sync', 'run', 'customerio_people', '--first-run')).code).toBe(0)
  process.umask(0o022)
  expect(statSync(join(project, '.millrace/spool/sandbox/customerio_people')).mode & 0o777).toBe(0o770)
  // SQLite gives the files beside it the same rights.
  expect(statSync(join(project, '.millrace/control.sqlite')).mode & 0o777).toBe(0o660)
})
