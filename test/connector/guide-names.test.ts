/** The types say what a connector may have; the guide has a word about each of it, so that nobody has to find it there. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** What the guide writes as code. */
const shown = new Set(
  [...read('docs/connectors.md').matchAll(/```.*?```|`[^`]+`/gs)].flatMap(([code]) => code.match(/\w+/g) ?? []),
)

const types = [
  { file: 'src/connector/contract.ts', type: 'Stream', among: ['key', 'deletedWhen', 'count'] },
  { file: 'src/connector/contract.ts', type: 'OpenedConnector', among: ['check', 'close'] },
  { file: 'src/connector/list-declaration.ts', type: 'ListDeclaration', among: ['path', 'page'] },
  { file: 'src/connector/checkpoint.ts', type: 'Checkpoint', among: ['resume', 'wholeOf'] },
  { file: 'src/connector/destination.ts', type: 'DestinationObject', among: ['match', 'recordLookup', 'readBack'] },
  { file: 'src/connector/destination.ts', type: 'WriteContext', among: ['options', 'saveReceipt'] },
  { file: 'src/connector/host.ts', type: 'Host', among: ['call', 'secret'] },
  { file: 'src/connector/host.ts', type: 'CallRequest', among: ['label', 'classify'] },
  { file: 'src/connector/host.ts', type: 'HttpOptions', among: ['baseUrl', 'classify'] },
  { file: 'src/testing.ts', type: 'KitOptions', among: ['connector', 'timeoutMs'] },
  { file: 'src/testing.ts', type: 'SourceKitOptions', among: ['streams'] },
  { file: 'src/connector/kits/source-cases.ts', type: 'StreamOptions', among: ['name', 'heldAs'] },
  { file: 'src/connector/kits/destination-cases.ts', type: 'ObjectOptions', among: ['object', 'clears'] },
  { file: 'src/sandbox/contract.ts', type: 'SimulatorDefinition', among: ['name', 'faults'] },
]

it.each(types)('the guide for connector authors names every key of $type', ({ file, type, among }) => {
  const keys = keysOf(type, read(file))
  expect(keys).toEqual(expect.arrayContaining(among))
  expect(keys.filter((key) => !shown.has(key))).toEqual([])
})

/** The members of a type that is written as an object, without those of the objects inside it. */
function keysOf(type: string, source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '')
  const from = code.indexOf('{', code.indexOf(`export type ${type} =`))
  const keys: string[] = []
  let depth = 0
  for (const [token, key] of code.slice(from).matchAll(/[{([]|[})\]]|\breadonly (\w+)\??:/g)) {
    if (key !== undefined && depth === 1) keys.push(key)
    if ('{(['.includes(token)) depth++
    if ('})]'.includes(token) && --depth === 0) break
  }
  return keys
}
