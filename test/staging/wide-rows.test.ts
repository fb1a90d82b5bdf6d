import { expect, it } from 'vitest'
import type { LogicalType } from '../../src/model/logical-type.ts'
import { lines, stageBatches } from './stage.ts'

const stageWide = async (columns: number) => {
  const names = Array.from({ length: columns }, (_, index) => `c${index}`)
  const types: { readonly [field: string]: LogicalType } = {
    id: 'integer',
    ...Object.fromEntries(names.map((name) => [name, 'string' as const])),
  }
  const row = (id: number) => JSON.stringify({ id, ...Object.fromEntries(names.map((name) => [name, name])) })
  return stageBatches([lines(row(1), row(2))], types, { memoryLimit: '1GB' })
}

it('rows of 800 columns fit into the memory of staging', async () => {
  expect((await stageWide(800)).rows).toHaveLength(2)
})

it('what takes more memory than there is names the ways out', async () => {
  await expect(stageWide(1200)).rejects.toMatchObject({
    code: 'MR-2003',
    next: [
      expect.stringContaining('bring fewer, by `include` or `exclude`'),
      expect.stringContaining('`memory_limit`'),
    ],
  })
})
