/** The same suite as over the simulator, on an account: off unless somebody asks for it (docs/snowflake.md). */
import { expect, test, vi } from 'vitest'
import { warehouseConformance } from './conformance.ts'
import { missingVariables, open } from './snowflake-account-adapter.ts'

const missing = missingVariables()
// A statement takes as long as a whole test does elsewhere.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 300_000 })

if (missing.length === 0)
  warehouseConformance('Snowflake, on an account,', {
    open,
    adapterUrl: new URL('./snowflake-account-adapter.ts', import.meta.url).href,
  })

test.skipIf(missing.length > 0)(`${nameOf(missing)}`, () => expect(missing).toEqual([]))

function nameOf(names: readonly string[]): string {
  if (names.length === 0) return 'Snowflake is tried on an account'
  return `Snowflake is not tried on an account, because ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not set`
}
