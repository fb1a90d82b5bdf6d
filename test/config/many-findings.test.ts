import { expect, it } from 'vitest'
import { parseYamlFile } from '../../src/config/yaml-file.ts'

it('a file with more findings than a call has arguments has them all told', () => {
  let told = 0
  parseYamlFile('a:\n'.repeat(130_000), 'syncs/many.yaml', () => void told++)
  expect(told).toBe(129_999)
}, 30_000)
