/**
 * Deliveries, tried with chance: whatever happens to model, map, mode, guards, vendor, state and processes, the vendor holds at the
 * end what the model says. Opt-ins have histories of their own. A failure prints fast-check's seed and path; `MILLRACE_SEED=…
 * MILLRACE_PATH=…` plays it again.
 */
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportSyncState, importSyncState, readStateFile } from '../../src/app/export-state.ts'
import { forgetPerson } from '../../src/app/forget.ts'
import { moveSyncState, planStateMove } from '../../src/app/move-sync-state.ts'
import { planReverse } from '../../src/app/plan-reverse.ts'
import { previewSync } from '../../src/app/preview-sync.ts'
import { defaultRunOptions, type RunOptions } from '../../src/app/run-options.ts'
import { runSync } from '../../src/app/run-sync.ts'
import { resetSyncState } from '../../src/app/sync-state.ts'
import type { ReverseSync } from '../../src/config/project.ts'
import { reverseImbalance } from '../../src/model/ledger.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import type { ReversePlan } from '../../src/model/plan.ts'
import type { TextRow, Warehouse } from '../../src/warehouse/port.ts'
import { openStage, type Fate, type Stage } from './delivery-stage.ts'
import { story, wanted, type Config, type Step } from './delivery-story.ts'
import { DeliveryWorld, told } from './delivery-world.ts'
import { keepOpen } from './kept-open.ts'

let warehouse: Warehouse
let stage: Stage
beforeAll(async () => {
  warehouse = keepOpen(join(mkdtempSync(join(tmpdir(), 'deliveries-')), 'warehouse.duckdb'))
  stage = await openStage(warehouse)
})
afterAll(() => stage.close())

const histories = Number(process.env['MILLRACE_HISTORIES'] ?? 6)

test(`in ${histories} histories the vendor comes to hold what the model says, and every run does what its plan said`, async () => {
  const seed = process.env['MILLRACE_SEED']
  const result = await fc.check(
    fc.asyncProperty(story, (told) => new History(stage, told).play()),
    {
      numRuns: histories,
      ...(seed ? { seed: Number(seed), path: process.env['MILLRACE_PATH'] ?? '' } : {}),
      interruptAfterTimeLimit: 240_000,
    },
  )
  expect(result.failed, `${String(result.errorInstance)}\n${await fc.asyncDefaultReportMessage(result)}`).toBe(false)
}, 300_000)

class History extends DeliveryWorld {
  async play(): Promise<void> {
    try {
      for (const step of this.story.steps) await this.step(step)
      await this.end(this.story.steps.at(-1)?.config ?? expect.unreachable('a story has steps'))
    } finally {
      await stage.thaw()
    }
  }

  async step(step: Step): Promise<void> {
    const { config, how } = step
    for (const { id, change } of step.edits) this.edit(id, change, config)
    const { emptied, owner, twice } = step
    this.model = { emptied, owner, twice: twice !== null && !this.gone.has(twice) && !emptied ? twice : null }
    const ofState = how.kind === 'forget' || how.kind === 'move' || how.kind === 'export' || how.kind === 'reset'
    // What a frozen run sends behind a change of the state, nobody repairs.
    if (step.thaws === 'before' || ofState || how.kind === 'baseline' || config.normalise !== this.normalise)
      await stage.thaw()
    this.offer(config)
    for (const id of step.optsOut) this.optOut(id)
    this.vendor.faults.clear()
    for (const { id, fault } of step.faults) this.vendor.faults.set(this.record(id), fault)
    if (ofState) await this.upkeep(step)
    else await this.deliver(step)
    if (ofState || step.thaws === 'after') await stage.thaw()
  }

  command<T>(
    sync: ReverseSync,
    work: Parameters<typeof stage.command<T>>[1],
    more: { readonly fate?: Fate | null; readonly now?: Date } = {},
  ) {
    return stage.command({ sync, models: this.models(), ...more }, work)
  }

  async run(sync: ReverseSync, options: Partial<RunOptions> = {}, { fate = null, now, thaws = false }: Delivery = {}) {
    const { vendor } = this
    const from = vendor.journal.length
    const firstRun = !(await this.isKnown()) && options.baseline !== true
    const alone = stage.frozen() === 0 && !this.story.jobs
    const { beforeWrite } = vendor
    let thawed: Promise<void> | undefined
    vendor.beforeWrite = (changes) => {
      if (thaws) thawed ??= stage.thaw()
      return beforeWrite(changes)
    }
    const ran = await this.command(
      sync,
      (app, own) => runSync(app, own, { ...defaultRunOptions, wait: false, firstRun, ...options }),
      { fate, ...(now && { now }) },
    )
    await thawed
    vendor.beforeWrite = beforeWrite
    const ledger = ran?.run.ledger
    if (!ran || !ledger || !('delivered' in ledger)) return undefined
    const sent = vendor.journal.slice(from)
    expect(reverseImbalance(ledger)).toBeUndefined()
    const { delivered, rejected, unknown, absent } = ledger
    if (alone)
      expect(new Set(sent.map(({ key }) => key)).size).toBeLessThanOrEqual(delivered + rejected + unknown + absent)
    const [told] = await look(
      `SELECT count(*) AS n FROM _millrace.changes WHERE run_id = '${ran.run.run_id}' AND status = 'delivered'`,
    )
    if (alone && ran.errors.length === 0) expect(told?.['n']).toBe(String(delivered))
    const code = ran.errors[0]?.code
    expect(code ?? '').not.toMatch(/^MR-(2006|400|7)/)
    return { ledger, sent, code, alone }
  }

  async deliver({ config, how, fate: drawn, thaws }: Step): Promise<void> {
    const sync = this.sync(config)
    const fate = drawn && this.story.jobs ? { ...drawn, at: jobs[drawn.at] ?? drawn.at } : drawn
    const more = { fate, thaws: thaws === 'within' }
    if (how.kind === 'as planned') return this.asPlanned(sync, how.isAllowed, more)
    if (how.kind === 'limit') {
      const ran = await this.run(sync, { limit: how.rows }, more)
      if (ran?.alone) expect(new Set(ran.sent.map(({ key }) => key)).size).toBeLessThanOrEqual(how.rows)
    } else if (how.kind === 'refresh') {
      const now = new Date(Date.now() + 3_600_000)
      const ran = await this.run(
        sync.mode === 'insert' ? sync : { ...sync, refreshEveryMs: 60_000 },
        {},
        { ...more, now },
      )
      const { removed, coalesced, ignored } = ran?.ledger ?? {}
      if (sync.mode !== 'insert' && removed === 0) expect({ coalesced, ignored }).toEqual({ coalesced: 0, ignored: 0 })
    } else if (how.kind === 'baseline') {
      const from = this.vendor.journal.length
      await this.run(sync, { baseline: true }, { fate })
      if (!this.story.jobs) expect(this.vendor.journal).toHaveLength(from)
      this.ours.clear()
      for (const { id } of this.rows()) this.believed.add(this.record(String(id)))
    } else await this.run(sync, { rejectedOnly: how.kind === 'rejected only' }, more)
  }

  /** Plan and preview leave no trace, and the run does what they say. */
  async asPlanned(sync: ReverseSync, isAllowed: boolean, more: Delivery): Promise<void> {
    const { vendor, story } = this
    const before = { state: await state(), requests: vendor.requests.length, isKnown: await this.isKnown() }
    const plan = (await this.command(sync, planReverse)) ?? expect.unreachable('a plan')
    const previewed = (await this.command(sync, (app, own) => previewSync(app, own, { limit: 100 }))) ?? []
    expect({ ...before, state: await state(), requests: vendor.requests.length }).toEqual(before)
    const isExact = !story.jobs && stage.frozen() === 0 && this.left().length === 0
    const holding = plan.guards.filter(({ ok }) => !ok)
    const ran = await this.run(sync, { limits: isAllowed ? flags(holding) : {} }, more)
    if (!ran || !isExact || !before.isKnown) return
    const { model_rows, added, changed, removed, retry, unchanged, invalid, coalesced, ignored, parked } = plan
    expect(ran.ledger).toMatchObject({ model_rows, added, changed, removed, retry, unchanged, invalid })
    if (plan.stops) return expect({ code: ran.code, sent: ran.sent }).toEqual({ code: plan.stops.code, sent: [] })
    // What broke while opt-outs went is told first.
    if (holding.length > 0 && !isAllowed)
      return expect(ran.code).toMatch(plan.opt_outs_first > 0 ? /^MR-/ : /^MR-410[1-4]$/)
    expect(ran.code ?? '').not.toMatch(/^MR-41/)
    expect(ran.ledger).toMatchObject({ coalesced, ignored, parked })
    const bodies = previewed.map(({ body }) => body)
    const isWhole = ran.code === undefined && vendor.requests.length - before.requests === bodies.length
    if (isWhole && story.concurrency === 1) expect(told(ran.sent)).toEqual(bodies.flat())
  }

  async upkeep({ config, how, fate: drawn, thaws }: Step): Promise<void> {
    const sync = this.sync(config)
    const fate = drawn && { ...drawn, at: how.kind, nth: 1 }
    const reason = 'a test'
    const twice = async <T>(
      work: Parameters<typeof stage.command<T>>[1],
      at: string = how.kind,
    ): Promise<T | undefined> =>
      (await this.command(sync, work, { fate: fate && { ...fate, at } })) ?? this.command(sync, work)
    if (how.kind === 'forget') {
      const { dropUnsent } = how
      const request = { key: this.key(how.id), sync: sync.name, dropUnsent }
      const done = await this.command(sync, (app) => forgetPerson(app, request, reason).catch(refusedWith('MR-4008')), {
        fate,
      })
      if (done !== 'MR-4008') this.ours.delete(this.record(how.id))
    } else if (how.kind === 'reset') {
      await twice((app, own) => resetSyncState(app, own, { stream: null, reason }))
      this.ours.clear()
    } else if (!(await this.isKnown())) return
    else if (how.kind === 'move') {
      const to = { ...sync, name: `${sync.name}m` }
      const move = (fate: Fate | null) =>
        this.command(
          to,
          async (app) =>
            moveSyncState(app, await planStateMove(app, sync.name, to), reason).then(
              () => 'moved',
              refusedWith('MR-4007'),
            ),
          { fate },
        )
      await move(fate).catch(refusedWith('MR-4007'))
      await move(null).catch(refusedWith('MR-4007'))
      if (await this.isKnown(to.name)) this.name = to.name
    } else {
      let file = ''
      await twice((app, own) =>
        exportSyncState(app, own, {
          file: (file = stage.project.path(`${sync.name}-${++files}.ndjson`)),
          write: async () => undefined,
          reason,
        }),
      )
      if (thaws === 'before') await this.command(sync, (app, own) => resetSyncState(app, own, { stream: null, reason }))
      await twice(
        async (app, own) => importSyncState(app, own, { file, reason, state: await readStateFile(own, file) }),
        'import',
      )
    }
  }

  // -------------------------------------------------------------- the oracle

  /** Everything is mended, and what was parked is asked for. Then the vendor holds the truth. */
  async end(last: Config): Promise<void> {
    await stage.thaw()
    for (const [id, person] of this.people) if (person['plan'] === 'odd') this.people.set(id, { ...person, plan: 'p1' })
    this.model = { ...this.model, emptied: false, twice: null }
    this.vendor.faults.clear()
    const config: Config = {
      ...last,
      takesBad: true,
      guard: 'none',
      inOtherMode: false,
      ignoresRemoved: false,
      hasOptOut: true,
    }
    this.offer(config)
    const sync = this.sync(config)
    for (const now of sync.mode === 'upsert' ? [sync] : [sync, { ...sync, mode: 'upsert' } as const]) {
      expect((await this.run(now, { rejectedOnly: true }))?.code).toBeUndefined()
      expect((await this.run(now))?.code).toBeUndefined()
      await this.expectTruth(now, config)
    }
  }

  async expectTruth(sync: ReverseSync, config: Config): Promise<void> {
    const { vendor, ours, believed } = this
    const open = await look(
      `SELECT key, code || ' ' || message AS why FROM _millrace.rejects WHERE sync = '${sync.name}' AND state IN ('open', 'parked')`,
    )
    const live = new Map(this.rows().map((row) => [this.key(String(row.id)), row]))
    // Who left unanswered, and is found by something else than the key, is for a person to look at.
    const unnamed = open.filter(({ why }) => this.story.byMail && why?.includes('cannot be named'))
    const refused = open.filter((row) => !unnamed.includes(row))
    for (const { why } of refused) expect(`${sync.mode} ${why}`).toMatch(/^update ABSENT|^insert .*it is there already/)
    const isRefused = (key: string) => refused.some((row) => row['key'] === key)
    for (const [key, row] of live) {
      const record = vendor.records.get(this.record(String(row.id)))
      if (believed.has(this.record(String(row.id)))) continue
      if (isRefused(key)) expect(record === undefined, `${key}, which is refused`).toBe(sync.mode === 'update')
      else if (sync.mode === 'insert') expect(record, key).toBeDefined()
      else
        expect(record, key).toMatchObject({
          ...wanted(row, config, this.model.owner),
          ...(row['opted_out'] === true && { unsubscribed: true }),
        })
    }
    const rule = sync.onRemoved
    const stays = new Set([...this.rows().map(({ id }) => this.record(String(id))), ...believed])
    for (const name of unnamed.length > 0 ? [] : ours) {
      const record = vendor.records.get(name)
      if (stays.has(name) || !record || rule.kind === 'ignore') continue
      if (rule.kind === 'delete') expect.unreachable(`${name} left, and is there`)
      expect(record, `${name}, which left`).toMatchObject(rule.kind === 'set' ? rule.values : { name: null })
    }
    const intents = await look(`SELECT key FROM _millrace.intents WHERE sync = '${sync.name}'`)
    expect(intents.filter((row) => !open.some(({ key }) => key === row['key']))).toEqual([])
    const accepted = await look(`SELECT key FROM _millrace."snapshot_${sync.name}" WHERE state = 'accepted'`)
    const keys = accepted.map(({ key }) => key ?? '')
    expect(keys.filter((key) => !live.has(key))).toEqual([])
    expect([...live.keys()].filter((key) => !keys.includes(key) && !isRefused(key))).toEqual([])
    expect(this.left()).toEqual([])
    const nothing = { added: 0, changed: 0, removed: unnamed.length, retry: refused.length }
    expect(await this.command(sync, planReverse)).toMatchObject(nothing)
    const again = await this.run(sync)
    expect(again?.ledger).toMatchObject(nothing)
    if (refused.length === 0) expect(again?.sent).toEqual([])
  }

  async isKnown(name = this.name): Promise<boolean> {
    return (await look(`SELECT 1 AS one FROM _millrace.snapshots WHERE sync = '${name}'`)).length > 0
  }

  /** In its spool. */
  left(): readonly string[] {
    const spool = stage.project.path(`.millrace/spool/dev/${this.name}`)
    return existsSync(spool) ? readdirSync(spool) : []
  }
}

let files = 0

type Delivery = { readonly fate?: Fate | null; readonly now?: Date; readonly thaws?: boolean }

/** Where a job is at work. */
const jobs: { readonly [at: string]: string } = {
  acknowledge: 'receipt',
  diff: 'settling',
  history: 'job',
  model: 'settle',
}

const look = (sql: string): Promise<readonly TextRow[]> =>
  warehouse.session({ runId: 'test', purpose: 'look' }, async (session) => {
    const found: TextRow[] = []
    for await (const chunk of session.query(sql)) found.push(...chunk)
    return found
  })

const state = () =>
  look(
    ['intents', 'rejects', 'changes', 'snapshots', 'fences', 'commits', 'runs']
      .map(
        (table) =>
          `SELECT '${table}' AS what, count(*) AS n, bit_xor(hash(t::VARCHAR)) AS cells FROM _millrace.${table} t`,
      )
      .join(' UNION ALL '),
  )

/** The flags that guards name, as the command reads them. */
function flags(holding: ReversePlan['guards']): RunOptions['limits'] {
  const said = new Map(
    holding.flatMap(({ override }) => (override === null ? [] : [override.split(' ') as [string, string]])),
  )
  const limit = (name: string, flag: string) => {
    const text = said.get(flag)
    if (text === undefined) return {}
    return { [name]: text.endsWith('%') ? { fraction: Number(text.slice(0, -1)) / 100 } : { rows: Number(text) } }
  }
  return {
    ...limit('maxAdded', '--max-added'),
    ...limit('maxChanged', '--max-changed'),
    ...limit('maxRemoved', '--max-removed'),
    ...(said.has('--on-empty') && { onEmpty: 'proceed' }),
  }
}

const refusedWith =
  (code: string) =>
  (error: unknown): string => {
    if (error instanceof MillraceError && error.code === code) return code
    throw error
  }
