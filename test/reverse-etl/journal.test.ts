import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Journal } from '../../src/reverse-etl/journal.ts'
import { countWaitingAnswers } from '../../src/reverse-etl/waiting-answers.ts'
import { leftJournals, answersOf } from '../../src/reverse-etl/left-journals.ts'
import { intents, makeWorld, run, runRefused, runUntilKilled } from './world.ts'

it('that is deleted during a delivery ends the run in words, and the next one sends what was not written down', async () => {
  const world = makeWorld()
  world.people = [{ id: '1', name: 'Ann', opted_out: false }]
  world.vendor.beforeWrite = async () => rmSync(world.spoolDir, { recursive: true })
  const { error, ledger } = await run(world)
  expect(error).toMatchObject({
    code: 'MR-2008',
    retry: 'later',
    message: expect.stringContaining(world.spoolDir),
    kept: expect.stringContaining('sent again by the next run'),
  })
  expect(ledger).toMatchObject({ delivered: 0, unknown: 1 })
  world.vendor.beforeWrite = () => Promise.resolve()
  expect((await run(world)).ledger).toMatchObject({ retry: 1, delivered: 1 })
})

it('is counted as far as no transaction has taken it', async () => {
  const world = makeWorld()
  world.people = [{ id: '1', name: 'Ann', opted_out: false }]
  const { runId } = await run(world)
  const left = mkdtempSync(join(tmpdir(), 'journals-'))
  const write = async (of: string, keys: readonly string[]) => {
    const fence = { sync: world.sync.name, stream: 'person', partition: '', epoch: 1, runId: of }
    const journal = await Journal.create(join(left, of), { fence, columns: [], mappingVersion: 'm' })
    await journal.append({ lines: keys.map((key) => JSON.stringify({ key })), batch: [] })
    await journal.rotate()
  }
  const count = () =>
    world.warehouse.session({ runId: 'look', purpose: 'look' }, (session) => countWaitingAnswers(session, left))
  expect(await count()).toBe(0)
  await write('died', ['a', 'b'])
  expect(await count()).toBe(2)
  // Its first segment is in the warehouse already.
  await write(runId, ['c'])
  expect(await count()).toBe(2)
})

it('that a dead run left is not thrown away where it cannot be read: its answers are in it', async () => {
  const world = makeWorld()
  world.people = [
    { id: '1', name: 'Ann', opted_out: false },
    ...['2', '3', '4'].map((id) => ({ id, name: 'x', opted_out: false })),
  ]
  world.vendor.faults.set('4', { kind: 'die', when: 'before' })
  await runUntilKilled(world, () => ({}))
  const [left = ''] = readdirSync(world.spoolDir)
  const header = join(world.spoolDir, left, 'journal.json')
  const text = readFileSync(header)
  // Whatever keeps it from being read; for root there are no modes.
  rmSync(header)
  mkdirSync(header)
  const refusal = await runRefused(world, 'MR-2008')
  expect(refusal).toMatchObject({ retry: 'later', message: expect.stringContaining(world.spoolDir) })
  expect(readdirSync(world.spoolDir)).toEqual([left])
  rmSync(header, { recursive: true })
  writeFileSync(header, text)
  expect((await run(world)).ledger).toMatchObject({ unchanged: 3, retry: 1, delivered: 1 })
  expect(await intents(world)).toEqual([])
})

it.each([
  ['journal.json', ''],
  ['journal.json', '{"fence":{"epoch":1}}'],
  ['answers-1.ndjson', 'no JSON\n'],
  ['answers-1.ndjson', 'null\n'],
  ['taken-back-1.ndjson', '\0\0\0\n'],
  ['receipt-1.ndjson', '=\t\n'],
  ['receipt-1.ndjson', null],
])('of a dead run whose %s was made %j ends run and plan in words, and says how it goes on', async (file, text) => {
  const world = makeWorld()
  world.people = ['1', '2', '3', '4'].map((id) => ({ id, name: 'x', opted_out: false }))
  world.vendor.faults.set('4', { kind: 'die', when: 'before' })
  await runUntilKilled(world, () => ({}))
  const [left = ''] = readdirSync(world.spoolDir)
  const directory = join(world.spoolDir, left)
  if (file.startsWith('receipt')) writeFileSync(join(directory, 'receipt-1.json'), '"job-7"')
  if (text !== null) writeFileSync(join(directory, file), text)
  const refusal = await runRefused(world, 'MR-2008')
  expect(refusal.message).toContain(directory)
  expect(refusal.message).toContain(file)
  expect(refusal.next[0]).toContain('move that folder out of .millrace/spool')
  if (text?.startsWith('{'))
    await expect(
      world.warehouse.session({ runId: 'plan', purpose: 'plan' }, (session) =>
        countWaitingAnswers(session, world.spoolDir),
      ),
    ).rejects.toMatchObject({ code: 'MR-2008' })
  renameSync(directory, `${world.spoolDir}-${left}`)
  expect((await run(world)).ledger).toMatchObject({ retry: 4, delivered: 4 })
  expect(await intents(world)).toEqual([])
})

it('that cannot be begun stops the run in words, before anything is sent', async () => {
  const world = makeWorld()
  world.people = [{ id: '1', name: 'Ann', opted_out: false }]
  writeFileSync(world.spoolDir, 'somebody put a file here')
  await runRefused(world, 'MR-2008')
  expect(world.vendor.requests).toEqual([])
})

it('is read a piece at a time, and cut behind its last whole line, however long a line is', async () => {
  const left = mkdtempSync(join(tmpdir(), 'journals-'))
  const fence = { sync: 's', stream: 'person', partition: '', epoch: 1, runId: 'died' }
  const journal = await Journal.create(join(left, 'died'), { fence, columns: [], mappingVersion: 'm' })
  const keys = ['a', 'b', 'c'].map((name) => name.repeat(400_000))
  await journal.append({ lines: keys.map((key) => JSON.stringify({ key })), batch: [] })
  appendFileSync(join(left, 'died', 'answers-1.ndjson'), `{"key":"${'d'.repeat(700_000)}`)
  const [found] = await leftJournals(left, 'own')
  expect(found?.segments).toMatchObject([{ sequence: 1, rows: 3 }])
  const read: string[] = []
  for (const segment of found?.segments ?? [])
    for await (const answers of answersOf(segment)) read.push(...answers.map(({ key }) => key))
  expect(read).toEqual(keys)
  // Nothing but a torn line.
  writeFileSync(join(left, 'died', 'answers-1.ndjson'), '{"key":"')
  expect((await leftJournals(left, 'own'))[0]?.segments).toMatchObject([{ rows: 0 }])
  expect(readFileSync(join(left, 'died', 'answers-1.ndjson'), 'utf8')).toBe('')
})
