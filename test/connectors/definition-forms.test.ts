// A connector of one's own may be a copy of a built-in one: whatever these describe has to be taken by the check of such.
import { expect, it } from 'vitest'
import type { SimulatorDefinition } from 'millrace/sandbox'
import type { Connector } from '../../src/connector/contract.ts'
import { ownConnector } from '../../src/connector/own-connector.ts'
import { listConnectors } from '../../src/connector/registry.ts'
import { openConnector } from './open-connector.ts'

const places = listConnectors('/nowhere').filter(({ simulator }) => simulator !== null)

it.each(places)('$name: each stream and object is what a definition may be', async ({ name, folder }) => {
  const { default: connector } = (await import(`${folder}/index.ts`)) as { readonly default: Connector } // by convention
  const { default: simulator } = (await import(`${folder}/sandbox.ts`)) as { readonly default: SimulatorDefinition } // the same
  await using vendor = await openConnector({ connector, simulator })
  const own = ownConnector(vendor.opened, { name, folder })
  const { signal } = vendor
  const described = [...((await own.streams?.({ signal })) ?? []), ...((await own.objects?.({ signal })) ?? [])]
  expect(described).not.toEqual([])
})
