import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bringValues } from '../../../src/warehouse/snowflake/bring.ts'
import type { SnowflakeClient } from '../../../src/warehouse/snowflake/client/open-client.ts'

test('keys that go by a file stand in none that others on the machine may read', async () => {
  const modes: number[] = []
  const client = {
    run: async () => undefined,
    put: async ([file = '']: readonly string[]) => void modes.push(statSync(file).mode & 0o777),
  } as unknown as SnowflakeClient // what is asked of it here
  const rows = Array.from({ length: 9000 }, (_, index) => [`key ${index}`])
  await bringValues(() => client, 'keys', { columns: ['key'], rows })
  expect(modes).toEqual([0o600])
})
