import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listConnectors, loadConnector, loadSimulatorPaths, whereKeysAreTold } from '../../src/connector/registry.ts'
import { quickHost } from './fake-vendor.ts'

let project: string
const write = (path: string, text: string) => {
  mkdirSync(join(project, path, '..'), { recursive: true })
  writeFileSync(join(project, path), text)
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'millrace-registry-'))
  cpSync(fileURLToPath(new URL('acme-crm', import.meta.url)), join(project, 'connectors/acme-crm'), { recursive: true })
  write('connectors/empty/README.md', '')
  write('connectors/nothing/index.ts', 'export const connector = 1\n')
  write('connectors/broken/index.ts', 'export default {{\n')
  write('connectors/other_name/index.ts', `export default { name: 'x', config: {}, open: async () => ({}) }\n`)
  write('connectors/needs_sdk/index.ts', `import 'some-vendor-sdk'\nexport default 1\n`)
  for (const [name, stream] of [
    ['unreadable', `columns: { id: 'string' }`],
    ['untyped', `async *read() {}`],
    ['mistyped', `columns: { id: 'text' }, list: { path: '/', records: '', page: { kind: 'none' } }`],
  ])
    write(
      `connectors/${name}/index.ts`,
      `import { connector, z } from '${new URL('../../src/index.ts', import.meta.url).href}'\n` +
        `export default connector({ name: '${name}', config: z.strictObject({}), streams: { orders: { docs: '', key: ['id'], order: 'none', ${stream} } } })\n`,
    )
  const wrongOptions = {
    wrong_config: `config: { key: z.string() }`,
    wrong_stream: `config: z.strictObject({}), streams: { orders: { docs: '', key: ['id'], order: 'none', columns: { id: 'string' }, async *read() {}, options: { from: z.string() } } }`,
    wrong_object: `config: z.strictObject({}), objects: { order: { match: {}, fields: {}, operations: [], batch: { rows: 1, bytes: 1 }, write: async () => [], options: z.string() } }`,
    wrong_stream_options: `config: z.strictObject({}), streamOptions: { orders: { from: z.string() } }, open: async () => ({})`,
    wrong_object_options: `config: z.strictObject({}), objectOptions: { order: null }, open: async () => ({})`,
    other_zod: `config: z.strictObject({}), streamOptions: { orders: { shape: {}, strict() {}, safeParse() {} } }, open: async () => ({})`,
  }
  for (const [name, members] of Object.entries(wrongOptions))
    write(
      `connectors/${name}/index.ts`,
      `import { connector, z } from '${new URL('../../src/index.ts', import.meta.url).href}'\n` +
        `export default connector({ name: '${name}', ${members} })\n`,
    )
  write(
    'connectors/lazy_sdk/index.ts',
    `export default { name: 'lazy_sdk', config: {}, open: async () => { await import('@vendor/sdk') } }\n`,
  )
  write('package.json', JSON.stringify({ name: 'mine', dependencies: { '@vendor/sdk': '1.2.3' } }))
})

afterAll(() => rmSync(project, { recursive: true }))

it('finds the built-in connectors and the project’s own', () => {
  const names = listConnectors(project).map(({ name, builtIn }) => `${name}${builtIn ? '' : ' (own)'}`)
  expect(names).toEqual(expect.arrayContaining(['customerio', 'stripe', 'acme_crm (own)', 'nothing (own)']))
  expect(names).not.toContain('empty (own)')
  expect(names).toEqual(names.toSorted())
})

it('loads one by its name, with underscores or dashes', async () => {
  const acme = await loadConnector('acme_crm', project)
  expect(acme).toMatchObject({ name: 'acme_crm', streamNames: ['contacts'], objectNames: ['contact'] })
  expect((await loadConnector('acme-crm', project)).name).toBe('acme_crm')
})

it('says which file tells a connector’s keys: its README, else its code', () => {
  expect(whereKeysAreTold('stripe', project)).toBe(
    fileURLToPath(new URL('../../connectors/stripe/README.md', import.meta.url)),
  )
  expect(whereKeysAreTold('acme-crm', project)).toBe(join(project, 'connectors/acme-crm/index.ts'))
})

it('names the simulators of those that have one', () => {
  expect(loadSimulatorPaths(project).get('acme_crm')).toBe(join(project, 'connectors/acme-crm/sandbox.ts'))
  expect([...loadSimulatorPaths(project, ['nothing']).keys()]).toEqual([])
})

it.each([
  ['strype', 'MR-1204', /did you mean `stripe`/],
  ['zzz', 'MR-1204', /no connector "zzz"/],
  ['nothing', 'MR-1401', /default export/],
  ['broken', 'MR-1401', /cannot be loaded/],
  ['other_name', 'MR-1401', /calls itself "x"/],
  ['unreadable', 'MR-1401', /connector unreadable cannot be opened: the stream orders has neither `list` nor `read`/],
  ['untyped', 'MR-1401', /connector untyped cannot be opened: the stream orders: `columns` is missing/],
  ['mistyped', 'MR-1401', /connector mistyped cannot be opened: the stream orders: .* did you mean string\?/],
  ['wrong_config', 'MR-1401', /connector wrong_config cannot be opened: `config` is no z\.strictObject/],
  ['wrong_stream', 'MR-1401', /the stream orders: `options` is no z\.strictObject/],
  ['wrong_object', 'MR-1401', /the object order: `options` is no z\.strictObject/],
  ['wrong_stream_options', 'MR-1401', /opened: `streamOptions\.orders` is no z\.strictObject/],
  ['wrong_object_options', 'MR-1401', /opened: `objectOptions\.order` is no z\.strictObject/],
  ['needs_sdk', 'MR-1302', /needs the package some-vendor-sdk/],
])('%s: %s', async (name, code, message) => {
  await expect(loadConnector(name, project)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
})

it('a schema of another copy of zod is one', async () => {
  expect(await loadConnector('other_zod', project)).toMatchObject({ name: 'other_zod' })
})

it('an SDK that is missing when the connector opens is named with the command that brings it', async () => {
  const lazy = await loadConnector('lazy_sdk', project)
  // Nothing of the config is read before the SDK is loaded.
  await expect(lazy.open({ config: {} as never, host: quickHost() })).rejects.toMatchObject({
    code: 'MR-1302',
    next: ['npm install @vendor/sdk@1.2.3'],
  })
})

it('a file in place of connectors/ is told as that', () => {
  const root = mkdtempSync(join(project, 'other-'))
  writeFileSync(join(root, 'connectors'), '')
  expect(() => listConnectors(root)).toThrow(
    expect.objectContaining({ code: 'MR-1101', message: expect.stringMatching(/^connectors is a file/) }),
  )
})
