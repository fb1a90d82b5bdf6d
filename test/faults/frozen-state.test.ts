/** A delivery that is frozen past its lease, while a person forgets its state or gives it another name; then it wakes. */
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from './fault-project.ts'
import { millrace, resultOf, start } from './millrace-process.ts'

const why = ['--yes', '--reason', 'a test']
let project: FaultProject
let env: { directory: string; env: { readonly [name: string]: string } }

beforeAll(async () => {
  project = await makeFaultProject({ vendors: ['customerio', 'stripe'], scale: 0.01 })
  env = { directory: project.directory, env: { MILLRACE_LEASE_MS: '1500', MILLRACE_GRACE_MS: '750' } }
}, 60_000)
afterAll(() => project.close())

beforeEach(async () => {
  await project.sandbox.reset()
  await project.forgetWarehouse()
  await project.write(
    'CREATE SCHEMA raw',
    `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, 'free' AS plan, false AS email_opt_out FROM range(5) r(n)`,
  )
})

it('state reset: what the late run may have sent is forgotten with the state, and nobody is removed whom the next first run never sent', async () => {
  const frozen = await freezeInDelivery()
  await untilDone(['sync', 'state', 'reset', 'people', ...why])
  await project.write(`DELETE FROM raw.people WHERE id = 'p4'`)
  frozen.child.kill('SIGCONT')
  expect(await closed(frozen)).toBe(1)
  // As where the connection points to another account by now: there is nobody to remove.
  const next = resultOf(await millrace(['sync', 'run', 'people', '--first-run'], env))
  expect(next.runs[0]?.ledger).toMatchObject({ added: 4, removed: 0, retry: 0, delivered: 4 })
})

it('state move: the late run opens nothing under the old name, under which the state can go back', async () => {
  expect((await millrace(['sync', 'run', 'people'], env)).code).toBe(0)
  await project.write(`UPDATE raw.people SET plan = 'late'`)
  const frozen = await freezeInDelivery()
  const to = (name: string) => join(project.directory, `syncs/${name}.yaml`)
  renameSync(to('people'), to('persons'))
  try {
    await untilDone(['sync', 'state', 'move', 'people', 'persons', ...why])
    frozen.child.kill('SIGCONT')
    expect(await closed(frozen)).toBe(1)
    await project.sandbox.setFault('customerio', 'slow', null)
    expect(resultOf(await millrace(['sync', 'run', 'persons'], env))).toMatchObject({ exit_code: 0 })
  } finally {
    renameSync(to('persons'), to('people'))
  }
  const back = await millrace(['sync', 'state', 'move', 'persons', 'people', ...why], env)
  expect(back.lines.filter(({ type }) => type === 'error')).toEqual([])
})

/** The vendor has taken the batch; its answer is on its way. */
async function freezeInDelivery() {
  await project.sandbox.setFault('customerio', 'slow', { match: 'batch' })
  const before = (await batches()).length
  const frozen = start(['sync', 'run', 'people'], env)
  await frozen.reached('batch.sent')
  for (let tries = 0; tries < 200 && (await batches()).length === before; tries++) await sleep(25)
  frozen.child.kill('SIGSTOP')
  return frozen
}

const batches = async () => (await project.sandbox.journal('customerio')).filter(({ path }) => path.includes('batch'))

/** Refused while the lease holds. */
async function untilDone(args: readonly string[]): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    const done = await millrace(args, env)
    if (done.code === 0) return
    expect(done.lines.find(({ type }) => type === 'error')).toMatchObject({ code: 'MR-4001' })
    await sleep(1000)
  }
  throw new Error('it never came to its turn')
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const closed = ({ child }: ReturnType<typeof start>): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.on('close', resolve))
