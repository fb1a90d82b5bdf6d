/** What a vendor's bulk jobs gave lies on disk unmasked: never longer than the run that fetched it, or the next one after a kill. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { thisProcess } from '../../src/state/process-id.ts'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { killAt, millrace, resultOf, start } from './millrace-process.ts'
import { salesforceKeys, sandboxYaml } from './sandbox-yaml.ts'

let project: FaultProject
beforeAll(async () => {
  project = await makeFaultProject({
    alone: true,
    vendors: ['salesforce'],
    scale: 0.2,
    files: {
      'millrace.yaml': sandboxYaml('vendor_files', {
        salesforce: { ...salesforceKeys, bulk_query_from: 100, bulk_query_page: 200 },
      }),
      'syncs/people.yaml': `source: salesforce\nstreams:\n  Contact: { mask: { Email: sha256 } }\n`,
      'syncs/companies.yaml': `source: salesforce\nstreams:\n  Account: {}\n`,
    },
  })
}, 60_000)
afterEach(async () => {
  await project.sandbox.reset()
  await project.forgetWarehouse()
})
afterAll(() => project.close())

const spool = () => join(project.directory, '.millrace/spool')
/** Paths below the spool. */
const files = () =>
  existsSync(spool())
    ? readdirSync(spool(), { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
      )
    : []
const withAddresses = () => files().filter((path) => /\w@\w/.test(readFileSync(path, 'utf8')))
const run = (...syncs: readonly string[]) => millrace(['sync', 'run', ...syncs, '--full-refresh'], project)

it.each(['repeat_page', 'skip_page', 'half_results'])('a run that fails by %s leaves no file behind', async (fault) => {
  await project.sandbox.setFault('salesforce', fault, { times: 'always' })
  expect(resultOf(await run('people')).runs[0]).toMatchObject({ status: 'failed', error: { code: 'MR-3005' } })
  expect(files()).toEqual([])
})

it('what a killed run left goes with the next run of that sync', async () => {
  await killAt('batch.extracted:Contact:2', ['sync', 'run', 'people', '--full-refresh'], project)
  expect(withAddresses().filter((path) => path.includes('/vendor/'))).not.toEqual([])
  expect((await run('people')).code).toBe(0)
  expect(files()).toEqual([])
})

it('what a killed part of a backfill left goes when the command is given again, and what lies beside it under older names', async () => {
  // One part after the other: beside the part of a job runs one by REST, whose batch comes with no file.
  const command = ['backfill', 'people', '--from', '2015-01-01', '--step', '9999d', '--parallel', '1']
  await killAt('batch.extracted:Contact:2', command, project)
  expect(withAddresses().filter((path) => path.includes('/vendor/'))).not.toEqual([])
  const older = join(spool(), 'sandbox/_backfill/people_Contact_backfill_2015_01_01-4b8e55b3/mgx3k2p1-9f3a')
  mkdirSync(older, { recursive: true })
  writeFileSync(join(older, 'Contact.ndjson'), 'ada@people.example')
  expect((await millrace(command, project)).code).toBe(0)
  expect(files()).toEqual([])
})

it('the files of a run that is alive in another process stay, whatever else is run', async () => {
  const { alive, ended } = await held('batch.extracted:Contact:2', ['sync', 'run', 'people', '--full-refresh'])
  const before = withAddresses()
  expect(before).not.toEqual([])
  for (const command of [
    ['sync', 'run', 'companies'],
    ['sync', 'run', 'people', '--no-wait'],
    ['sync', 'plan', 'people'],
    ['connection', 'test', 'salesforce'],
  ])
    await millrace(command, project)
  expect(withAddresses()).toEqual(expect.arrayContaining(before))
  alive.child.kill('SIGKILL')
  await ended
})

it('where no lease keeps a folder its name says whose it is: it goes with a dead process, and with no other', async () => {
  const { host } = thisProcess()
  const living = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'])
  const own = execFileSync(process.execPath, ['--input-type=module', '-e', sayOwn], { encoding: 'utf8' })
  const kept = [folderOf(host, process.pid, thisProcess().startedAt), folderOf('another-host', 1, 'boot/1')]
  const dead = [
    folderOf(...(JSON.parse(own) as [string, number, string])),
    folderOf(host, living.pid ?? 0, 'another boot/7'),
    // As they were named before: by a run that nobody knows any more.
    'mgx3k2p1-9f3a',
  ]
  for (const name of [...kept, ...dead]) {
    mkdirSync(join(spool(), 'sandbox/_vendor', name), { recursive: true })
    writeFileSync(join(spool(), 'sandbox/_vendor', name, '1-Contact.csv'), 'ada@people.example')
  }
  expect((await millrace(['connection', 'test', 'salesforce'], project)).code).toBe(0)
  expect(new Set(readdirSync(join(spool(), 'sandbox/_vendor')))).toEqual(new Set(kept))
  living.kill('SIGKILL')
})

it('forget takes what a killed backfill left, and nothing of one that is alive', async () => {
  const point = 'batch.extracted:Contact:2'
  // One part after the other: the end of one is written down in a turn of the process, which then stands still in it.
  const command = ['backfill', 'people', '--from', '2015-01-01', '--step', '9999d', '--parallel', '1']
  const forget = () => millrace(['forget', 'nobody', '--sync', 'people', '--reason', 'asked to', '--yes'], project)
  const { alive, ended } = await held(point, command)
  const before = withAddresses()
  expect(before).not.toEqual([])
  await forget()
  expect(withAddresses()).toEqual(expect.arrayContaining(before))
  alive.child.kill('SIGKILL')
  await ended
  const forgotten = await forget()
  expect(forgotten.code, forgotten.stderr).toBe(0)
  expect(files()).toEqual([])
})

/** A command that stands at a point. Nothing is committed before: a process that stands still in its turn there holds up everybody. */
async function held(point: string, command: readonly string[]) {
  const alive = start(command, { ...project, env: { MILLRACE_HOLD_AT: point, MILLRACE_CHUNK_ROWS: '1000000' } })
  const ended = new Promise<'ended'>((resolve) => alive.child.on('close', () => resolve('ended')))
  const outcome = await Promise.race([alive.reached(point), ended])
  expect(outcome, JSON.stringify(alive.lines.at(-1)) + alive.stderr()).toBe('reached')
  return { alive, ended }
}

const folderOf = (host: string, pid: number, startedAt: string) =>
  [host, String(pid), startedAt, 'f'].map(encodeURIComponent).join(',')

/** Who a process was that has ended. */
const sayOwn = `
const { thisProcess } = await import(${JSON.stringify(new URL('../../src/state/process-id.ts', import.meta.url).href)})
const { host, pid, startedAt } = thisProcess()
process.stdout.write(JSON.stringify([host, pid, startedAt]))`
