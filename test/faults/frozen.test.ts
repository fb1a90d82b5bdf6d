/** A process that freezes past its lease and wakes again: late commits are refused, late sends are repaired (promises 2, 5). */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { millrace, resultOf, start } from './millrace-process.ts'

const shortLease = { MILLRACE_LEASE_MS: '1500', MILLRACE_GRACE_MS: '750' }

describe('a run that is frozen past its lease', () => {
  let project: FaultProject
  let env: { directory: string; env: typeof shortLease }

  beforeAll(async () => {
    project = await makeFaultProject()
    env = { directory: project.directory, env: shortLease }
  }, 60_000)
  afterAll(() => project.close())

  it('ETL: loses its commit to the run that took over, and the tables are as that one left them', async () => {
    // One stream, so that it freezes while it waits for the vendor and not with the warehouse file open.
    writeFileSync(join(project.directory, 'syncs', 'only_charges.yaml'), 'source: stripe\nstreams: { charges: {} }\n')
    await project.sandbox.setFault('stripe', 'delay', { ms: 3000, match: 'charges.*starting_after', times: 'always' })
    const frozen = start(['sync', 'run', 'only_charges'], env)
    await frozen.reached('cursor.committed:charges')
    frozen.child.kill('SIGSTOP')
    await project.sandbox.setFault('stripe', 'delay', null)
    const other = resultOf(await millrace(['sync', 'run', 'only_charges'], env))
    expect(other).toMatchObject({ exit_code: 0 })
    const loaded = await project.rows('SELECT * FROM only_charges.charges ORDER BY id')
    frozen.child.kill('SIGCONT')
    const code = await closed(frozen)
    expect(code).toBe(1)
    expect(frozen.lines.at(-1)).toMatchObject({
      type: 'result',
      runs: [{ status: 'failed', error: { code: 'MR-2005' } }],
    })
    expect(await project.rows('SELECT * FROM only_charges.charges ORDER BY id')).toEqual(loaded)
  })

  it('ETL: whose files the run that took over has cleared says so, and is no bug', async () => {
    writeFileSync(join(project.directory, 'syncs', 'only_charges.yaml'), 'source: stripe\nstreams: { charges: {} }\n')
    await project.sandbox.setFault('stripe', 'delay', { ms: 3000, match: 'charges.*starting_after', times: 'always' })
    const frozen = start(['sync', 'run', 'only_charges', '--full-refresh'], {
      ...env,
      env: { ...shortLease, MILLRACE_CHUNK_ROWS: '1000000' },
    })
    await frozen.reached('batch.spooled:charges')
    frozen.child.kill('SIGSTOP')
    await project.sandbox.setFault('stripe', 'delay', null)
    expect(resultOf(await millrace(['sync', 'run', 'only_charges'], env))).toMatchObject({ exit_code: 0 })
    const loaded = await project.rows('SELECT * FROM only_charges.charges ORDER BY id')
    frozen.child.kill('SIGCONT')
    expect(await closed(frozen)).toBe(1)
    expect(frozen.lines.at(-1)).toMatchObject({
      type: 'result',
      runs: [{ status: 'failed', error: { code: 'MR-2005', message: expect.stringContaining('has cleared') } }],
    })
    expect(await project.rows('SELECT * FROM only_charges.charges ORDER BY id')).toEqual(loaded)
  })

  it('a delivery: what it sent and cannot acknowledge is open again, and the next run sends the truth', async () => {
    await project.write(
      'CREATE SCHEMA raw',
      `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@example.com' AS email, 'free' AS plan, false AS email_opt_out FROM range(5) r(n)`,
    )
    await project.sandbox.setFault('customerio', 'slow', { match: 'batch' })
    const frozen = start(['sync', 'run', 'people'], env)
    await frozen.reached('batch.sent')
    await untilTaken(project)
    frozen.child.kill('SIGSTOP')
    await project.write(`UPDATE raw.people SET plan = 'pro' WHERE id = 'p1'`, `DELETE FROM raw.people WHERE id = 'p4'`)
    const other = resultOf(await millrace(['sync', 'run', 'people', '--first-run'], env))
    expect(other.exit_code).toBe(0)
    frozen.child.kill('SIGCONT')
    const code = await closed(frozen)
    expect(code).toBe(1)
    expect(await project.rows('SELECT key FROM _millrace.intents ORDER BY key')).toHaveLength(5)
    const repair = resultOf(await millrace(['sync', 'run', 'people'], env))
    expect(repair.runs[0]?.ledger).toMatchObject({ retry: 4, removed: 1, delivered: 5 })
    const held = await project.sandbox.show('customerio', 'person')
    expect(JSON.stringify(held.find((person) => JSON.stringify(person).includes('"p1"')))).toContain('pro')
    expect(await project.rows('SELECT key FROM _millrace.intents')).toEqual([])
  })

  it('SIGTERM stops at a checkpoint and says so; SIGKILL right behind it loses nothing either', async () => {
    await project.sandbox.reset()
    await project.forgetWarehouse()
    // Slow enough that charges are not at their end when the signal comes, however busy the machine is.
    await project.sandbox.setFault('stripe', 'delay', { ms: 700, match: 'charges', times: 'always' })
    const polite = start(['sync', 'run', 'stripe'], project)
    await polite.reached('cursor.committed:charges')
    polite.child.kill('SIGTERM')
    expect(await closed(polite)).toBe(143)
    const impatient = start(['sync', 'run', 'stripe'], project)
    await impatient.reached('batch.extracted')
    impatient.child.kill('SIGTERM')
    impatient.child.kill('SIGKILL')
    await closed(impatient)
    await project.sandbox.setFault('stripe', 'delay', null)
    expect(resultOf(await millrace(['sync', 'run', 'stripe'], project)).exit_code).toBe(0)
    const [count] = await project.rows('SELECT count(*) AS n, count(DISTINCT id) AS d FROM stripe.charges')
    expect(count?.['n']).toBe(count?.['d'])
    expect(Number(count?.['n'])).toBe((await project.sandbox.show('stripe', 'charges')).length)
  })
})

/** Also where it had ended before anybody asked. */
const closed = ({ child }: ReturnType<typeof start>): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.on('close', resolve))

async function untilTaken(project: FaultProject): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await project.sandbox.journal('customerio')).some((entry) => entry.path.includes('batch'))) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('the vendor was never asked')
}
