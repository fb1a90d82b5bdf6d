import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, vi } from 'vitest'
import { acknowledgeConformance } from './conformance/acknowledge.ts'
import { rejectConformance } from './conformance/rejects.ts'
import { open as openDuckDB } from './duckdb-adapter.ts'
import { open as openSnowflake } from './snowflake-adapter.ts'

describe('under a folder that DuckDB would take for values of columns', () => {
  beforeAll(() => {
    const above = mkdtempSync(join(tmpdir(), 'millrace-folders-'))
    const folder = join(above, 'id=99', 'key=k', 'op=delete', 'json=x', 'name=folder', '_read_at=2026-01-01')
    mkdirSync(folder, { recursive: true })
    vi.stubEnv('TMPDIR', folder)
  })
  afterAll(() => {
    vi.unstubAllEnvs()
  })
  acknowledgeConformance(openDuckDB)
  describe('the simulated Snowflake, and', () => {
    rejectConformance(openSnowflake)
  })
})
