import { expect, it } from 'vitest'
import { jobsOfSlot } from '../../src/app/jobs-of-slot.ts'
import { matchSelector } from '../../src/config/select.ts'
import type { Model, Project, Sync } from '../../src/config/project.ts'
import { defaultSync } from '../reverse-etl/world.ts'
import { syncOf } from '../etl/world.ts'

/** So many loads, each with a delivery of its own model; `looked` counts how often a model is looked at. */
function projectOf(pairs: number) {
  let looked = 0
  const numbers = Array.from({ length: pairs }, (_, n) => n)
  const models = numbers.map((n): Model => {
    const model: Model = { name: `m${n}`, refs: [], sources: [{ sync: `load${n}`, table: 'people' }], files: [] }
    return new Proxy(model, {
      get(target, name) {
        if (name === 'name') looked++
        return Reflect.get(target, name)
      },
    })
  })
  const syncs: readonly Sync[] = numbers.flatMap((n) => [
    syncOf({ sync: { name: `load${n}` } }),
    { ...defaultSync, name: `send${n}`, model: `m${n}` },
  ])
  // Of a project nothing else is read here.
  return { project: { syncs, models } as unknown as Project, looked: () => looked }
}

const slotsDueAtOnce = (pairs: number) => {
  const { project, looked } = projectOf(pairs)
  for (let n = 0; n < pairs; n++)
    jobsOfSlot(project, { select: [`send${n}`], exclude: [], priority: 'normal' }, '2026-11-21T02:00:00.000Z')
  return looked()
}

const selected = (pairs: number) => {
  const { project, looked } = projectOf(pairs)
  for (let n = 0; n < pairs; n++) matchSelector(project, `+send${n}`)
  return looked()
}

// Twice as many syncs, and schedules of them: four times as much may be looked at, a slot or a word for each sync.
it('the jobs of slots that are due at once do not cost the cube of how many syncs there are', () => {
  expect(slotsDueAtOnce(80) / slotsDueAtOnce(40)).toBeLessThan(5)
})

it('nor does the check of schedules that select a sync with all that it needs', () => {
  expect(selected(80) / selected(40)).toBeLessThan(5)
})
