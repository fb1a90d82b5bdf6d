import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

it('the guide for connector authors shows the connector that the kits try, letter by letter', () => {
  expect(read('docs/connectors.md')).toContain(`\`\`\`ts\n${read('test/connector/acme-crm/index.ts')}\`\`\``)
})
