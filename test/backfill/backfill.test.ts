/** `millrace backfill` with the real program, real processes and the vendor's journal. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeFaultProject, stripeContents, stripeTables, type FaultProject } from '../faults/fault-project.ts'
import { killAt, millrace, resultOf, start, type Finished } from '../faults/millrace-process.ts'

let project: FaultProject
let oracle: Awaited<ReturnType<typeof stripeContents>>
/** Three parts; the second has more than one page. */
const range = ['--from', '2025-11-01', '--to', '2026-11-01', '--step', '244d']
const charges = ['backfill', 'stripe', '--stream', 'charges', ...range]
/** Everything that there is. */
const whole = ['backfill', 'stripe', '--from', '2015-01-01', '--step', '1000d']

beforeAll(async () => {
  project = await makeFaultProject()
  // The oracle: the same world, loaded by a live sync that nobody disturbs.
  expect(resultOf(await millrace(['sync', 'run', 'stripe'], project)).exit_code).toBe(0)
  oracle = await stripeContents(project)
}, 60_000)
afterAll(() => project.close())

beforeEach(async () => {
  await project.sandbox.reset()
  await project.forgetWarehouse()
})

it('leaves the whole table as a live sync would, parents with all their children', async () => {
  const result = resultOf(await millrace(whole, project))
  expect(result.exit_code).toBe(0)
  expect(
    runsOf(result).every(({ status, trigger, slot }) => `${status} ${trigger} ${slot}` === 'ok backfill null'),
  ).toBe(true)
  expect(await stripeContents(project)).toEqual(oracle)
  await expectEachInsertedOnce()
})

it('leaves the live cursor as it was, byte for byte, and a live sync that follows loads nothing', async () => {
  await millrace(['sync', 'run', 'stripe'], project)
  const live = () => project.rows(`SELECT * FROM _millrace.cursors WHERE "partition" = '' ORDER BY stream`)
  const before = await live()
  expect(resultOf(await millrace(whole, project)).exit_code).toBe(0)
  expect(await live()).toEqual(before)
  const after = resultOf(await millrace(['sync', 'run', 'stripe'], project))
  expect(after.runs[0]?.ledger['loaded']).toBe(0)
  expect(await stripeContents(project)).toEqual(oracle)
})

it('killed in the middle of a partition goes on: nothing is lost or loaded twice, what is done is not read again', async () => {
  const alone = [...charges, '--parallel', '1']
  expect((await millrace([...alone, '--to', '2026-02-12'], project)).code).toBe(0)
  await killAt('cursor.committed:charges:1', alone, project)
  const seen = await lastRequest()
  const [open] = await project.rows(
    `SELECT scan->'partitions'->0->>'from' AS "from", scan->>'read' AS read FROM _millrace.cursors WHERE scan IS NOT NULL`,
  )
  expect(Number(open?.['read'])).toBeGreaterThan(0)
  const again = resultOf(await millrace(alone, project))
  expect(again).toMatchObject({ exit_code: 0, left: 0 })
  expect(again).toMatchObject({ skipped: 1, runs: [{ status: 'ok' }, { status: 'ok' }] })
  const asked = (await listed(seen)).map(({ from }) => from)
  expect(Math.min(...asked)).toBe(Date.parse(open?.['from'] ?? '') / 1000)
  await expectEachInsertedOnce(['charges'])
  await expectChargesOfRange()
  const third = await lastRequest()
  expect(resultOf(await millrace(alone, project))).toMatchObject({ exit_code: 0, runs: [], skipped: 3 })
  expect(await listed(third)).toEqual([])
})

it('stopped by Ctrl-C ends at a checkpoint (exit 130), begins no other part, and the same command goes on', async () => {
  await project.sandbox.setFault('stripe', 'delay', { ms: 400, times: 'always' })
  const alone = [...charges, '--parallel', '1']
  const stopped = start(alone, project)
  await stopped.reached('batch.extracted:charges')
  stopped.child.kill('SIGINT')
  expect(await ended(stopped)).toBe(130)
  expect(resultOf({ code: 130, lines: stopped.lines, stderr: stopped.stderr() })).toMatchObject({
    exit_code: 130,
    left: 2,
  })
  await project.sandbox.setFault('stripe', 'delay', { ms: 0, times: 'always' })
  const again = resultOf(await millrace(alone, project))
  expect(again.exit_code).toBe(0)
  await expectEachInsertedOnce(['charges'])
  await expectChargesOfRange()
  const [run] = again.runs
  const shown = await millrace(['run', 'show', String(Object(run)['run_id'])], project)
  expect(shown.lines[0]).toMatchObject({
    type: 'run',
    trigger: 'backfill',
    partition: expect.stringMatching(/^charges 20/),
  })
})

it('twice at the same time: one reads, the other waits for the lease and finds it done', async () => {
  await project.sandbox.setFault('stripe', 'delay', { ms: 80, times: 'always' })
  const both = await Promise.all([millrace(charges, project), millrace(charges, project)])
  expect(both.map(({ code }) => code)).toEqual([0, 0])
  expect(both.flatMap(waitedFor).some((text) => text.startsWith('the load stripe on sandbox#charges#backfill:'))).toBe(
    true,
  )
  await expectEachInsertedOnce(['charges'])
  await expectChargesOfRange()
  const read = both.flatMap((finished) => runsOf(resultOf(finished))).map(({ ledger }) => ledger.read)
  const [stored] = await project.rows('SELECT count(*) AS n FROM stripe.charges')
  expect(String(read.reduce((sum, rows) => sum + rows, 0))).toBe(stored?.['n'])
})

it('beside a live sync: what it read before a change and commits after it does not come over the change', async () => {
  await millrace(['sync', 'run', 'stripe'], project)
  // The second page comes late; nothing is committed before the end.
  await project.sandbox.setFault('stripe', 'delay', { ms: 4000, times: 'always', match: 'starting_after' })
  const backfill = start(['backfill', 'stripe', '--stream', 'charges', '--from', '2015-01-01', '--step', '9000d'], {
    ...project,
    env: { MILLRACE_CHUNK_ROWS: '100000' },
  })
  await backfill.reached('batch.extracted:charges')
  // It waits for the vendor by then, and holds neither the warehouse nor the control store.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  backfill.child.kill('SIGSTOP')
  await project.sandbox.setFault('stripe', 'delay', { ms: 0, times: 'always' })
  await project.sandbox.move(3)
  const live = resultOf(await millrace(['sync', 'run', 'stripe'], project))
  expect(live.exit_code).toBe(0)
  expect(live.runs[0]?.ledger['updated']).toBeGreaterThan(0)
  const truth = await stripeContents(project)
  backfill.child.kill('SIGCONT')
  expect(await ended(backfill)).toBe(0)
  expect(await stripeContents(project)).toEqual(truth)
  const [run] = runsOf(resultOf({ code: 0, lines: backfill.lines, stderr: backfill.stderr() }))
  expect(run?.ledger).toMatchObject({ inserted: 0, updated: 0, deleted: 0 })
})

it('max_runs of the connection binds a run by hand and a backfill alike: never two at the vendor', async () => {
  const restore = project.edit('millrace.yaml', (text) =>
    text.replace('{ connector: stripe,', '{ connector: stripe, max_runs: 1,'),
  )
  try {
    await project.sandbox.setFault('stripe', 'delay', { ms: 60, times: 'always' })
    const backfill = start(charges, project)
    await backfill.reached('batch.extracted:charges')
    const since = await lastRequest()
    const hand = await millrace(['sync', 'run', 'stripe'], project)
    expect(await ended(backfill)).toBe(0)
    expect(hand.code).toBe(0)
    expect(waitedFor(hand)[0]).toMatch(/^one of 1 places at the connection sandbox stripe \(max_runs\), run /)
    expect(runsOf(resultOf(hand))[0]?.longest_wait_seconds).toBeGreaterThan(0)
    // Whose request it is shows in its bounds: each run's stand together.
    const whose = (await listed(since)).map(({ from, path }) => (Number.isNaN(from) ? 'by hand' : `${path} ${from}`))
    const blocks = whose.filter((name, index) => name !== whose[index - 1])
    const ofParts = blocks.filter((name) => name !== 'by hand')
    expect(new Set(ofParts).size).toBe(ofParts.length)
    expect(blocks).toContain('by hand')
  } finally {
    restore()
  }
})

it('with max_runs taken, --no-wait runs nothing (exit 4) and says who has the place', async () => {
  const restore = project.edit('millrace.yaml', (text) =>
    text.replace('{ connector: stripe,', '{ connector: stripe, max_runs: 1,'),
  )
  try {
    await project.sandbox.setFault('stripe', 'delay', { ms: 500, times: 'always' })
    const hand = start(['sync', 'run', 'stripe'], project)
    await hand.reached('batch.extracted')
    const [sync, backfill] = await Promise.all([
      millrace(['sync', 'run', 'stripe', '--no-wait'], project),
      millrace([...charges, '--no-wait'], project),
    ])
    for (const finished of [sync, backfill]) {
      expect(finished.code).toBe(4)
      expect(finished.lines.find(({ type }) => type === 'error')).toMatchObject({
        code: 'MR-4001',
        message: expect.stringContaining(`(pid ${hand.child.pid} on `),
      })
    }
    expect(resultOf(sync).runs).toMatchObject([{ status: 'not_run', requests: 0 }])
    await project.sandbox.setFault('stripe', 'delay', { ms: 0, times: 'always' })
    expect(await ended(hand)).toBe(0)
    // Parts of one backfill are in nobody's way.
    const alone = await millrace([...charges, '--parallel', '3', '--no-wait'], project)
    expect(resultOf(alone)).toMatchObject({ exit_code: 0, left: 0, runs: [{}, {}, {}] })
  } finally {
    restore()
  }
})

it('is not disturbed by a reset of the state, which is refused as it is beside a run', async () => {
  await project.sandbox.setFault('stripe', 'delay', { ms: 300, times: 'always' })
  const backfill = start([...charges, '--parallel', '1'], project)
  await backfill.reached('batch.extracted:charges')
  const reset = await millrace(['sync', 'state', 'reset', 'stripe', '--reason', 'a test', '--yes'], project)
  expect(reset.lines.find(({ type }) => type === 'error')).toMatchObject({
    code: 'MR-4001',
    message: expect.stringContaining('the load stripe on sandbox#charges#backfill:'),
  })
  await project.sandbox.setFault('stripe', 'delay', { ms: 0, times: 'always' })
  expect(await ended(backfill)).toBe(0)
})

it('--dry-run shows the parts, and writes nothing', async () => {
  const dry = await millrace([...charges, '--dry-run'], project)
  expect(dry.code).toBe(0)
  const parts = dry.lines.filter(({ type }) => type === 'partition')
  expect(parts).toMatchObject([
    { stream: 'charges', from: '2025-11-01T00:00:00.000Z', bounded_by: 'created', done: false, counted: null },
    {},
    { to: '2026-11-01T00:00:00.000Z' },
  ])
  await expect(project.contents()).resolves.toEqual({})
  expect(await listed(0)).toEqual([])
})

describe('one column', () => {
  const column = [...charges, '--column', 'description', '--parallel', '1']
  /** The sync learns of it after its rows were loaded. */
  async function loadWithout(): Promise<void> {
    const restore = project.edit('syncs/stripe.yaml', (text) =>
      text.replace('charges: {}', 'charges: { exclude: [description] }'),
    )
    expect(resultOf(await millrace(['sync', 'run', 'stripe'], project)).exit_code).toBe(0)
    const left = await millrace([...column, '--dry-run'], project)
    expect(left.code).toBe(2)
    expect(left.lines.find(({ type }) => type === 'error')?.['message']).toMatch(
      /charges.description is left out by the sync/,
    )
    restore()
  }

  it('killed in the middle goes on; in the end the rows are as if it had been read from the beginning', async () => {
    await loadWithout()
    const live = () => project.rows(`SELECT * FROM _millrace.cursors WHERE "partition" = '' ORDER BY stream`)
    const before = await live()
    const all = [
      'backfill',
      'stripe',
      '--from',
      '2015-01-01',
      '--step',
      '36mo',
      '--column',
      'description',
      '--stream',
      'charges',
    ]
    const dry = await millrace([...all, '--dry-run'], project)
    const parts = dry.lines.filter(({ type }) => type === 'partition')
    expect(parts[0]).toMatchObject({
      column: 'description',
      to: expect.stringMatching(/-01-01T00:00:00.000Z$/),
      done: false,
    })
    await killAt('cursor.committed:charges:1', all, project)
    const again = resultOf(await millrace(all, project))
    expect(again).toMatchObject({ exit_code: 0, left: 0 })
    expect(runsOf(again).every(({ ledger }) => ledger['inserted'] === 0)).toBe(true)
    expect(await stripeContents(project)).toEqual(oracle)
    expect(await live()).toEqual(before)
    expect(resultOf(await millrace(all, project))).toMatchObject({ exit_code: 0, runs: [], skipped: parts.length })
  })

  it('is of every stream that has it, and has to have a name that the vendor knows', async () => {
    await millrace(['sync', 'run', 'stripe'], project)
    const dry = await millrace([...whole, '--column', 'description', '--dry-run'], project)
    const streams = dry.lines.flatMap(({ stream }) => (stream === undefined ? [] : [String(stream)]))
    expect([...new Set(streams)]).toEqual(['customers', 'subscriptions', 'charges'])
    const unknown = await millrace(['backfill', 'stripe', '--from', '2026-01-01', '--column', 'descripton'], project)
    expect(unknown.code).toBe(2)
    expect(unknown.lines.find(({ type }) => type === 'error')).toMatchObject({
      code: 'MR-1208',
      message: expect.stringContaining('no field descripton; did you mean description?'),
    })
  })
})

describe('bad usage runs nothing (exit 2) and says what is wrong:', () => {
  it.each([
    [['--from', '2026-02-01', '--to', '2026-01-01'], /--from 2026-02-01 is not before --to 2026-01-01/],
    [['--from', '2026-02-30'], /--from 2026-02-30: it is a day/],
    [['--from', 'yesterday'], /--from yesterday: it is a day/],
    [['--from', '2026-01-01', '--step', '0d'], /--step 0d: /],
    [['--from', '2026-01-01', '--step', '0mo'], /--step 0mo: .* or months as `1mo`/],
    [['--from', '2026-01-01', '--step', 'often'], /--step often: a duration is/],
    [['--from', '2026-01-01', '--parallel', '0'], /--parallel 0: /],
    [['--from', '2026-01-01', '--stream', 'chargs'], /has no stream chargs; did you mean charges\?/],
    [
      ['--from', '2026-01-01', '--stream', 'subscription_items'],
      /comes inside subscriptions, and is backfilled with it/,
    ],
    [['--from', '2026-01-01', '--step', '1s'], /there would be \d+ partitions/],
    [['--from', '2999-01-01'], /the range from 2999/],
    [[], /stripe has no start, so it is not known where the backfill of customers begins/],
  ])('%j', async (flags, message) => {
    const finished = await millrace(['backfill', 'stripe', ...flags], project)
    expect(finished.lines.find(({ type }) => type === 'error')?.['message']).toMatch(message)
    expect(finished.code).toBe(2)
    expect(await listed(0)).toEqual([])
  })

  it.each([
    ['people', /reverse ETL/],
    ['strip', /there is no sync `strip`/],
  ])('%s', async (name, message) => {
    const finished = await millrace(['backfill', name, '--from', '2026-01-01'], project)
    expect(finished.lines.find(({ type }) => type === 'error')?.['message']).toMatch(message)
    expect(finished.code).toBe(2)
  })
})

/** What the ledgers say was inserted, over all runs, is what stands there. */
async function expectEachInsertedOnce(of: readonly string[] = stripeTables) {
  for (const table of of) {
    const [counted] = await project.rows(
      `SELECT (SELECT sum(CAST(ledger->>'inserted' AS BIGINT)) FROM _millrace.commits WHERE stream = '${table}') AS inserted, (SELECT count(*) FROM stripe.${table}) AS stands`,
    )
    expect(counted?.['inserted'], table).toBe(counted?.['stands'])
  }
}

async function expectChargesOfRange() {
  const held = await project.sandbox.show('stripe', 'charges')
  const between = held.filter(({ created }) => Number(created) >= 1761955200 && Number(created) < 1793491200)
  const rows = await project.rows('SELECT id FROM stripe.charges ORDER BY id')
  expect(rows.map(({ id }) => id)).toEqual(between.map(({ id }) => String(id)).toSorted())
  expect(between.length).toBeGreaterThan(200)
}

const lastRequest = async () => (await project.sandbox.journal('stripe')).at(-1)?.sequence ?? 0

/** Pages of lists that the vendor was asked for, with the lower bound: NaN where there is none. */
async function listed(since: number) {
  const entries = await project.sandbox.journal('stripe', { since })
  return entries.flatMap(({ path }) => {
    const url = new URL(path, 'http://vendor')
    if (!/^\/v1\/(customers|subscriptions|charges|events)$/.test(url.pathname)) return []
    const from = url.searchParams.get('created[gte]')
    return [{ path: url.pathname, from: from === null ? Number.NaN : Number(from) }]
  })
}

type BackfillRun = {
  readonly status: string
  readonly trigger: string
  readonly slot: string | null
  readonly longest_wait_seconds: number
  readonly ledger: { readonly read: number; readonly [name: string]: number }
}

const runsOf = (result: { readonly runs: unknown }) => result.runs as readonly BackfillRun[] // what the program prints

const waitedFor = ({ lines }: Finished) =>
  lines.filter(({ type }) => type === 'waiting').map((line) => `${String(line['for'])}, ${String(line['holder'])}`)

const ended = ({ child }: ReturnType<typeof start>): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.on('close', resolve))
