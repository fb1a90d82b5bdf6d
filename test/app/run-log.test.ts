import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogReader, openRunLog } from '../../src/app/run-log.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import type { ControlStore } from '../../src/state/port.ts'
import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import { aRun } from '../state/a-run.ts'

const run = aRun('r1', { longest_wait_seconds: 0, started_at: new Date().toISOString() })
const warning = (message: string): EngineEvent => ({ type: 'run.warning', run_id: 'r1', message })
const committed = (loaded: number, { done = false, stream = 'customers' } = {}): EngineEvent => ({
  type: 'cursor.committed',
  run_id: 'r1',
  stream,
  sequence: 1,
  loaded,
  done,
})
const started: EngineEvent = { type: 'run.started', run }
const finished: EngineEvent = { type: 'run.finished', run: { ...run, status: 'ok' } }

describe('what is new in a list that grows', () => {
  it('is told once, equal lines as often as they were said', () => {
    const read = createLogReader()
    const at = { nowMs: 0, isLast: false }
    expect(read([started, warning('a')], at)).toEqual([started, warning('a')])
    expect(read([started, warning('a')], at)).toEqual([])
    expect(read([started, warning('a'), warning('a'), warning('b')], at)).toEqual([warning('a'), warning('b')])
  })

  it('goes on where the store has dropped the oldest', () => {
    const read = createLogReader()
    const said = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => warning(`${from + n}`))
    read([started, ...said(0, 2000)], { nowMs: 0, isLast: false })
    expect(read([started, ...said(150, 2100)], { nowMs: 500, isLast: false })).toEqual(said(2000, 2100))
  })

  it('tells a sum when it begins, every five seconds while it grows, and as it is at the end', () => {
    const read = createLogReader()
    const loads = [
      [0, 40],
      [500, 80],
      [4_999, 300],
      [5_000, 340],
      [5_500, 380],
    ] as const
    const told = loads.flatMap(([nowMs, loaded]) => read([started, committed(loaded)], { nowMs, isLast: false }))
    expect(told).toEqual([started, committed(40), committed(340)])
    expect(read([started, committed(420), finished], { nowMs: 6_000, isLast: true })).toEqual([
      committed(420),
      finished,
    ])
    expect(read([started, committed(420), finished], { nowMs: 20_000, isLast: true })).toEqual([])
  })

  it('tells the sums of a stream before its last word, and a scan that is complete at once', () => {
    const read = createLogReader()
    const rows = (stream: string, count: number): EngineEvent => ({
      type: 'batch.extracted',
      run_id: 'r1',
      stream,
      rows: count,
    })
    const over = { type: 'stream.finished', run_id: 'r1', stream: 'customers', report: {} } as unknown as EngineEvent // only its stream matters
    read([started, rows('customers', 1), rows('charges', 1), committed(1)], { nowMs: 0, isLast: false })
    const list = [started, rows('customers', 9), rows('charges', 9), committed(9, { done: true }), over]
    expect(read(list, { nowMs: 10, isLast: false })).toEqual([committed(9, { done: true }), rows('customers', 9), over])
  })
})

describe('the log of a run in the store', () => {
  let store: ControlStore
  beforeEach(() => {
    store = openSqliteStore({ path: join(mkdtempSync(join(tmpdir(), 'millrace-log-')), 'control.sqlite') })
  })
  afterEach(() => store.close())

  it('is over when the run has said its last word, which may come after its record', async () => {
    let nowMs = 0
    const log = openRunLog(store, 'r1', { nowMs: () => nowMs })
    await store.recordRun(run)
    await store.recordEvent('r1', started)
    expect(await log.look()).toEqual({ events: [started], isOver: false, died: null })
    await store.recordRun({ ...run, status: 'ok' })
    expect(await log.look()).toMatchObject({ events: [], isOver: false })
    await store.recordEvent('r1', finished)
    expect(await log.look()).toEqual({ events: [finished], isOver: true, died: null })
    nowMs = 60_000
    expect(await log.look()).toMatchObject({ events: [], isOver: true })
  })

  it('has its outcome from the record where the last word never came', async () => {
    let nowMs = 0
    const log = openRunLog(store, 'r1', { nowMs: () => nowMs })
    await store.recordRun({ ...run, status: 'ok' })
    expect(await log.look()).toMatchObject({ isOver: false })
    nowMs = 3_001
    expect(await log.look()).toEqual({ events: [finished], isOver: true, died: null })
    const atOnce = openRunLog(store, 'r1', { nowMs: () => nowMs })
    expect(await atOnce.look('now')).toMatchObject({ events: [finished], isOver: true })
  })

  it('says that a run died', async () => {
    const dead = { host: 'here', pid: 4_000_000, startedAt: 'never' }
    const gone = { ...run, process: dead, alive: false }
    const log = openRunLog({ run: () => Promise.resolve(gone), events: () => Promise.resolve([started]) }, 'r1')
    expect(await log.look()).toEqual({ events: [started], isOver: true, died: gone })
  })

  it.each<EngineEvent>([
    { type: 'batch.extracted', run_id: 'r1', stream: 's', rows: 1 },
    { type: 'batch.spooled', run_id: 'r1', stream: 's', rows: 1 },
    { type: 'batch.staged', run_id: 'r1', stream: 's', rows: 1 },
    { type: 'commit.started', run_id: 'r1', stream: 's', sequence: 1 },
    committed(1),
    { type: 'intents.committed', run_id: 'r1', object: 'o', rows: 1 },
    { type: 'batch.sent', run_id: 'r1', object: 'o', rows: 1 },
    { type: 'batch.answered', run_id: 'r1', object: 'o', rows: 2, delivered: 1, rejected: 1 },
    { type: 'acknowledge.started', run_id: 'r1', object: 'o', rows: 1 },
    { type: 'acknowledged', run_id: 'r1', object: 'o', rows: 1 },
    { type: 'request.sent', run_id: 'r1', connection: 'c', label: 'GET /' },
    { type: 'waiting', run_id: 'r1', for: 'the warehouse file' },
    { type: 'rate.limited', run_id: 'r1', connection: 'c', wait_ms: 5 },
    { type: 'fence.taken', run_id: 'r1', scope: 's', epoch: 1 },
  ])('takes $type for a sum exactly where the store keeps one of it', async (event) => {
    await store.recordEvent('r1', event)
    await store.recordEvent('r1', event)
    const kept = await store.events('r1')
    const read = createLogReader()
    read([event], { nowMs: 0, isLast: false })
    // A second one that differs is told later where it is a sum, and at once where it is not.
    const other = { ...event, run_id: 'r2' } as EngineEvent // all of these have one
    const isSum = read([other], { nowMs: 1, isLast: false }).length === 0
    expect(isSum).toBe(kept.length === 1)
  })
})
