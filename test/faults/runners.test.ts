/** Several processes at one project at the same time: they take turns, nothing happens twice, and who is in the way is named. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { millrace, resultOf, start, type Finished } from './millrace-process.ts'

let project: FaultProject
const runStripe = ['sync', 'run', 'stripe']
const runPeople = ['sync', 'run', 'people']

beforeAll(async () => {
  project = await makeFaultProject({
    files: { 'syncs/billing.yaml': 'source: stripe\nstreams:\n  customers: {}\n  invoices: {}\n' },
  })
}, 60_000)
afterAll(() => project.close())

beforeEach(async () => {
  await project.sandbox.reset()
  await project.forgetWarehouse()
  await project.write(
    'CREATE SCHEMA raw',
    `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, 'free' AS plan, n = 3 AS email_opt_out FROM range(100) r(n)`,
  )
})

describe('two runs of one sync from two processes', () => {
  it('ETL: the second waits for the first, and every row is loaded once', async () => {
    await project.sandbox.setFault('stripe', 'delay', { ms: 60, times: 'always' })
    const both = await Promise.all([millrace(runStripe, project), millrace(runStripe, project)])
    expect(both.map(end)).toEqual([well, well])
    expect(both.flatMap(waitedFor)).toEqual([
      expect.stringMatching(/^the load stripe on sandbox, run \S+ \(pid \d+, since .*\)$/),
    ])
    for (const table of ['customers', 'subscriptions', 'charges']) {
      const [count] = await project.rows(`SELECT count(*) AS n, count(DISTINCT id) AS d FROM stripe.${table}`)
      const there = String((await project.sandbox.show('stripe', table)).length)
      expect(count, table).toEqual({ n: there, d: there })
    }
    const loaded = both.map((finished) => resultOf(finished).runs[0]?.ledger['loaded'])
    expect(loaded.toSorted(byNumber)).toEqual([0, await stored()])
  })

  it('a delivery: everybody is sent once', async () => {
    await project.sandbox.setFault('customerio', 'delay', { ms: 300, times: 'always', match: '/batch' })
    const both = await Promise.all([millrace(runPeople, project), millrace(runPeople, project)])
    expect(both.map(end)).toEqual([well, well])
    const delivered = both.map((finished) => resultOf(finished).runs[0]?.ledger['delivered'])
    expect(delivered.toSorted(byNumber)).toEqual([0, 100])
    const sent = await sentIds()
    expect(sent).toHaveLength(100)
    expect(new Set(sent).size).toBe(100)
  })

  it('with --no-wait the second is not run (exit 4), says whose turn it is, and status shows that run', async () => {
    await project.sandbox.setFault('customerio', 'delay', { ms: 4000, match: '/batch' })
    const first = start(runPeople, project)
    await first.reached('batch.sent')
    const [second, status] = await Promise.all([
      millrace([...runPeople, '--no-wait'], project),
      millrace(['sync', 'status', 'people'], project),
    ])
    expect(first.child.exitCode).toBeNull()
    const [started] = first.lines.filter(({ type }) => type === 'run.started')
    const runId = String(Object(started?.['run'])['run_id'])

    expect(second.code).toBe(4)
    const error = second.lines.find(({ type }) => type === 'error')
    expect(error).toMatchObject({ code: 'MR-4001', kept: 'Nothing was run.' })
    expect(error?.['message']).toContain(
      `the delivery to customerio person on sandbox is held by run ${runId} (pid ${first.child.pid} on `,
    )
    expect(error?.['next']).toEqual([`See it:    millrace run show ${runId}`, 'Or wait:   run again without --no-wait'])
    expect(resultOf(second).runs).toMatchObject([{ status: 'not_run', requests: 0 }])

    expect(status.code).toBe(0)
    // The second may be on for a moment, too.
    const [line] = status.lines
    expect([line?.['running'], ...Object.values(line?.['also_running'] ?? [])]).toContainEqual(
      expect.objectContaining({ run_id: runId, pid: first.child.pid }),
    )
    expect(await ended(first)).toBe(0)
    expect(await sentIds()).toHaveLength(100)
  })

  it('ETL with --no-wait, too', async () => {
    await project.sandbox.setFault('stripe', 'delay', { ms: 400, times: 'always' })
    const first = start(runStripe, project)
    await first.reached('batch.extracted')
    const second = await millrace([...runStripe, '--no-wait'], project)
    expect(second.code).toBe(4)
    expect(second.lines.find(({ type }) => type === 'error')).toMatchObject({
      code: 'MR-4001',
      message: expect.stringContaining(`(pid ${first.child.pid} on `),
    })
    await project.sandbox.setFault('stripe', 'delay', null)
    expect(await ended(first)).toBe(0)
    expect((await millrace([...runStripe, '--no-wait'], project)).code).toBe(0)
  })
})

it('different syncs in three processes share one warehouse file, chunk by chunk', async () => {
  await project.sandbox.setFault('stripe', 'delay', { ms: 40, times: 'always' })
  const all = await Promise.all([
    millrace(runStripe, project),
    millrace(['sync', 'run', 'billing'], project),
    millrace(runPeople, project),
  ])
  expect(all.map(end)).toEqual([well, well, well])
  const [counts] = await project.rows(
    'SELECT (SELECT count(*) FROM stripe.charges) AS charges, (SELECT count(*) FROM stripe.customers) AS customers, (SELECT count(*) FROM billing.customers) AS again, (SELECT count(*) FROM billing.invoices) AS invoices',
  )
  const vendor = async (name: string) => String((await project.sandbox.show('stripe', name)).length)
  expect(counts).toEqual({
    charges: await vendor('charges'),
    customers: await vendor('customers'),
    again: await vendor('customers'),
    invoices: await vendor('invoices'),
  })
  expect(await sentIds()).toHaveLength(100)
  expect(await project.rows(`SELECT count(*) AS n FROM _millrace.snapshot_people WHERE state = 'accepted'`)).toEqual([
    { n: '100' },
  ])
})

describe('run cancel', () => {
  it('from another terminal stops a run at its checkpoint; the next run loads the rest', async () => {
    await project.sandbox.setFault('stripe', 'delay', { ms: 150, times: 'always' })
    const running = start(runStripe, project)
    await running.reached('run.started')
    const started = running.lines.find(({ type }) => type === 'run.started')?.['run'] as { readonly run_id: string } // its contract
    const cancelled = await millrace(['run', 'cancel', started.run_id], project)
    expect({ code: cancelled.code, said: cancelled.stderr }).toMatchObject({
      code: 0,
      said: expect.stringMatching(
        new RegExp(`^${started.run_id} \\(stripe, pid ${running.child.pid}\\) was asked to stop`),
      ),
    })
    expect(await ended(running)).toBe(143)
    expect((await millrace(['run', 'cancel', started.run_id], project)).stderr).toContain('is over')
    await project.sandbox.setFault('stripe', 'delay', { ms: 0, times: 'always' })
    expect((await millrace(runStripe, project)).code).toBe(0)
    const [count] = await project.rows('SELECT count(*) AS n, count(DISTINCT id) AS d FROM stripe.charges')
    const there = String((await project.sandbox.show('stripe', 'charges')).length)
    expect(count).toEqual({ n: there, d: there })
  })

  it('of a run that is not there says so', async () => {
    const { code, lines } = await millrace(['run', 'cancel', 'nobody'], project)
    expect(code).toBe(2)
    expect(lines.find(({ type }) => type === 'error')).toMatchObject({ code: 'MR-1002', next: ['millrace runs'] })
  })
})

describe('the warehouse file held by a program that is not millrace', () => {
  it.each([
    ['ETL', runStripe],
    ['a delivery', runPeople],
  ])('%s: MR-2002 names the program and its pid, exit 1, and nothing is changed', async (_what, args) => {
    const before = await project.contents()
    const holder = await holdFile(project)
    const finished = await millrace(args, project)
    await holder.release()
    expect(finished.code).toBe(1)
    expect(finished.lines.filter(({ type }) => type === 'error')).toMatchObject([
      {
        code: 'MR-2002',
        message: expect.stringContaining(`(pid ${holder.pid})`),
        kept: 'Nothing was changed.',
        next: ['Close it there (a DuckDB shell, a notebook, a BI tool) and run again.', expect.stringContaining('fg')],
      },
    ])
    expect(await project.contents()).toEqual(before)
    expect(await sentIds()).toEqual([])
    expect((await millrace(args, project)).code).toBe(0)
  })

  it('in the middle of a delivery: the answers are kept, and the next run commits them without sending again', async () => {
    await project.sandbox.setFault('customerio', 'delay', { ms: 3000, match: '/batch' })
    const running = start(runPeople, project)
    await running.reached('batch.sent')
    const holder = await holdFile(project)
    expect(await ended(running)).toBe(1)
    await holder.release()
    expect(running.lines.at(-1)).toMatchObject({ runs: [{ error: { code: 'MR-2002' } }] })
    expect(await sentIds()).toHaveLength(100)
    const again = resultOf(await millrace(runPeople, project))
    expect(again).toMatchObject({ exit_code: 0, runs: [{ ledger: { unchanged: 100, retry: 0, delivered: 0 } }] })
    expect(await sentIds()).toHaveLength(100)
    expect(await project.rows('SELECT * FROM _millrace.intents')).toEqual([])
  })

  it('in the middle of ETL: what was committed stays, and the next run goes on there', async () => {
    await project.sandbox.setFault('stripe', 'delay', { ms: 150, times: 'always' })
    const running = start(runStripe, project)
    await running.reached('cursor.committed:charges')
    const holder = await holdFile(project)
    expect(await ended(running)).toBe(1)
    await project.sandbox.setFault('stripe', 'delay', null)
    await holder.release()
    expect(running.lines.at(-1)).toMatchObject({ runs: [{ error: { code: 'MR-2002' } }] })
    expect((await millrace(runStripe, project)).code).toBe(0)
    const [count] = await project.rows('SELECT count(*) AS n, count(DISTINCT id) AS d FROM stripe.charges')
    const there = String((await project.sandbox.show('stripe', 'charges')).length)
    expect(count).toEqual({ n: there, d: there })
  })
})

/** A DuckDB shell, as it were: another process that has the file open. It tries until it has it. */
async function holdFile({ warehouse }: FaultProject) {
  const script = `
    const { DuckDBInstance } = await import('@duckdb/node-api')
    for (;;) {
      try { globalThis.held = await DuckDBInstance.create(${JSON.stringify(warehouse)}); break }
      catch { await new Promise((resolve) => setTimeout(resolve, 2)) }
    }
    console.log('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return {
    pid: child.pid,
    release: () =>
      new Promise<void>((resolve) => {
        child.once('close', () => resolve())
        child.kill('SIGKILL')
      }),
  }
}

const ended = ({ child }: ReturnType<typeof start>) =>
  child.exitCode === null
    ? new Promise<number | null>((resolve) => child.on('close', resolve))
    : Promise.resolve(child.exitCode)

/** Waiting for other processes, and not for the turns that streams of one run take. */
const waitedFor = ({ lines }: Finished) =>
  lines.flatMap((line) =>
    line.type === 'waiting' && /^the (load|delivery) /.test(String(line['for']))
      ? [`${line['for']}, ${line['holder']}`]
      : [],
  )

/** Once for each request that holds it: a row that opts out stands in it twice, the opt-out also by itself. */
async function sentIds(): Promise<readonly string[]> {
  const batches = (await project.sandbox.journal('customerio')).filter(({ path }) => path.endsWith('/batch'))
  return batches.flatMap(({ body }) => [
    ...new Set([...(body ?? '').matchAll(/"identifiers":\{"id":"([^"]+)"/g)].map((match) => match[1] ?? '')),
  ])
}

async function stored(): Promise<number> {
  const [count] = await project.rows(
    ['customers', 'subscriptions', 'subscription_items', 'charges']
      .map((table) => `(SELECT count(*) FROM stripe.${table})`)
      .join(' + ')
      .replace(/^/, 'SELECT ') + ' AS n',
  )
  return Number(count?.['n'])
}

/** With the words of whoever failed. */
const end = ({ code, lines, stderr }: Finished) => ({
  code,
  errors: lines.filter(({ type }) => type === 'error'),
  stderr,
})
const well = { code: 0, errors: [], stderr: '' }

const byNumber = (left = 0, right = 0) => left - right
