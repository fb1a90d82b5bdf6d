import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { schemaTexts, writeSchemas } from '../../src/config/json-schemas.ts'
import { caughtFrom } from './temp-project.ts'

const committed = fileURLToPath(new URL('../../schema', import.meta.url))

describe('schema/*.json', () => {
  it('are what the zod schemas generate', async () => {
    for (const [file, text] of Object.entries(schemaTexts()))
      expect(await readFile(join(committed, file), 'utf8'), file).toBe(text)
    expect((await readdir(committed)).sort()).toEqual(Object.keys(schemaTexts()).sort())
  })

  it('are written whole', async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'millrace-schema-')), 'new')
    await writeSchemas(directory)
    expect(await readFile(join(directory, 'sync.json'), 'utf8')).toBe(schemaTexts()['sync.json'])
  })

  it('that cannot be written are refused with the reason', async () => {
    expect(await caughtFrom(() => writeSchemas('/etc/passwd'))).toMatchObject([
      {
        code: 'MR-1001',
        message: 'writing the schemas into /etc/passwd: /etc/passwd is no folder, and cannot be made one',
      },
    ])
  })

  it('are of draft 2020-12, and closed', () => {
    for (const text of Object.values(schemaTexts()))
      expect(JSON.parse(text)).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' })
    expect(JSON.parse(schemaTexts()['schedules.json'] ?? '')).toMatchObject({ additionalProperties: false })
  })

  it('describe every key', () => {
    const bare = Object.entries(schemaTexts()).flatMap(([file, text]) => undescribed(JSON.parse(text), file))
    expect(bare).toEqual([])
  })
})

function undescribed(schema: unknown, path: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const properties =
    'properties' in schema && typeof schema.properties === 'object' && schema.properties !== null
      ? Object.entries(schema.properties)
      : []
  const bare = properties
    .filter(([, value]) => typeof value === 'object' && value !== null && !('description' in value))
    .map(([key]) => `${path}.${key}`)
  return [...bare, ...Object.entries(schema).flatMap(([key, value]) => undescribed(value, `${path}.${key}`))]
}
