import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { folderName } from '../../src/model/folder-name.ts'
import { useThirtyPeople } from './thirty-people.ts'

const at = useThirtyPeople()

describe('while a chunk is on its way into the warehouse', () => {
  it('the next one is read and staged', async () => {
    let staged = 0
    let stagedMeanwhile = 0
    let held: Promise<void> | undefined
    const isNextStaged = async () => {
      for (let n = 0; n < 500 && staged < 2; n++) await sleep(10)
      stagedMeanwhile = staged - 1
    }
    const { errors } = await at.world.run(at.vendor.connector, {
      onEvent({ type }) {
        if (type === 'batch.staged') staged++
        if (type === 'commit.started')
          held ??= at.world.warehouse.session({ runId: 'other', purpose: 'hold' }, isNextStaged)
      },
    })
    await held
    expect(errors).toEqual([])
    expect(stagedMeanwhile).toBe(1)
    expect(await at.world.rows('SELECT id FROM crm.people')).toHaveLength(30)
  })

  it('one that cannot be staged fails the run, what came before it is in, and the next run goes on', async () => {
    const spool = join(dirname(at.world.warehouse.place), 'spool', 'run-1')
    mkdirSync(spool, { recursive: true })
    writeFileSync(join(spool, `${folderName('people ')}-4.staged`), 'in the way')
    const { errors } = await at.world.run(at.vendor.connector)
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('-4.staged')])
    expect(await at.world.rows('SELECT id FROM crm.people')).toHaveLength(9)
    const second = await at.world.run(at.vendor.connector)
    expect(second.errors).toEqual([])
    expect(second.streams['people']).toMatchObject({ read: 21, inserted: 21 })
  })
})
