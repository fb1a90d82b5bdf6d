import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseProject } from '../../src/config/parse-project.ts'
import { loadProject } from '../../src/config/load.ts'
import { caughtFrom, sound, tempProject } from './temp-project.ts'

let cacheHome = ''
let root = ''

beforeEach(async () => {
  cacheHome = mkdtempSync(join(tmpdir(), 'millrace-cache-'))
  vi.stubEnv('XDG_CACHE_HOME', cacheHome)
  root = await tempProject({ ...sound, ...manySyncs })
})
afterEach(() => {
  vi.unstubAllEnvs()
  for (const directory of [cacheHome, root]) rmSync(directory, { recursive: true, force: true })
})

const manySyncs = Object.fromEntries(
  Array.from({ length: 40 }, (_, n) => [`syncs/crm_${n}.yaml`, 'source: crm\nstreams:\n  Account: {}\n']),
)
const directory = () => join(cacheHome, 'millrace', 'projects')
const cacheFile = () => join(directory(), readdirSync(directory())[0] ?? '')
/** Shows who answers: a project that was parsed has its own name. */
const rename = () =>
  writeFileSync(cacheFile(), readFileSync(cacheFile(), 'utf8').replace('"name":"acme"', '"name":"cached"'))
const nameOf = async () => (await loadProject(root)).name

describe('a large project', () => {
  test('is the same from the cache as from its files', async () => {
    const parsed = await loadProject(root)
    rename()
    const cached = await loadProject(root)
    expect(cached.name).toBe('cached')
    expect({ ...cached, name: 'acme' }).toEqual(parsed)
    expect(parsed).toEqual(parseProject(root))
  })

  test.each([
    ['a byte of a sync', 'syncs/crm_7.yaml', 'source: crm\nstreams:\n  Contact: {}\n'],
    ['a model', 'models/people.sql', 'select 1 as id, null as email, true as email_opt_out'],
    ['a model’s file for one warehouse', 'models/people.snowflake.sql', 'select 1 as id'],
    ['millrace.yaml', 'millrace.yaml', `${sound['millrace.yaml']}# changed\n`],
    ['a file that is new', 'syncs/more.yaml', 'source: crm\nstreams:\n  Account: {}\n'],
    ['a schedules.yaml where there was none', 'schedules.yaml', 'max_runs: 2\n'],
  ])('is parsed again after %s', async (_, file, text) => {
    await loadProject(root)
    rename()
    writeFileSync(join(root, file), text)
    expect(await nameOf()).toBe('acme')
  })

  test('is parsed again after a file is gone, and is not remembered while it is wrong', async () => {
    await loadProject(root)
    rename()
    rmSync(join(root, 'syncs/crm_3.yaml'))
    expect(await nameOf()).toBe('acme')
    rename()
    writeFileSync(join(root, 'syncs/crm_7.yaml'), 'source: nobody\nstreams: {}\n')
    const findings = await caughtFrom(() => loadProject(root))
    expect(findings.length).toBeGreaterThan(0)
    expect(await caughtFrom(() => loadProject(root))).toEqual(findings)
  })

  test('with a link among its files is parsed each time: the link may lead elsewhere tomorrow', async () => {
    symlinkSync(join(root, 'syncs/crm_7.yaml'), join(root, 'syncs/linked.yaml'))
    await loadProject(root)
    expect(existsSync(directory())).toBe(false)
  })

  test('is parsed where the cache holds rubbish, or cannot be written', async () => {
    await loadProject(root)
    writeFileSync(cacheFile(), '{"key":')
    expect(await nameOf()).toBe('acme')
    writeFileSync(join(cacheHome, 'file'), '')
    vi.stubEnv('XDG_CACHE_HOME', join(cacheHome, 'file'))
    expect(await nameOf()).toBe('acme')
  })

  test('is for its owner alone to read', async () => {
    await loadProject(root)
    expect(statSync(cacheFile()).mode & 0o077).toBe(0)
  })
})

test('a small project leaves nothing in the cache', async () => {
  await loadProject(await tempProject())
  expect(existsSync(directory())).toBe(false)
})
