import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import { connectionKeys, resolveSecrets } from '../../src/config/secrets.ts'
import { brief, caughtFrom, sound, tempProject } from './temp-project.ts'

const read = (path: string) => readFile(path, 'utf8')

describe('secrets', () => {
  it('are replaced wherever they stand, and told apart for redaction', async () => {
    const root = await tempProject()
    await writeFile(join(root, 'key.p8'), 'line one\nline two\n')
    const resolved = await resolveSecrets(
      {
        api_key: '${env:KEY}',
        url: 'https://${env:ACCOUNT}.test',
        region: '${env:REGION}',
        deep: { list: [`\${file:${root}/key.p8}`, 7, null] },
      },
      { env: { KEY: 'k-123456', ACCOUNT: 'acme-eu', REGION: 'eu' }, readFile: read },
      { connection: 'mail' },
    )
    expect(resolved.value).toEqual({
      api_key: 'k-123456',
      url: 'https://acme-eu.test',
      region: 'eu',
      deep: { list: ['line one\nline two', 7, null] },
    })
    expect([...resolved.secrets].sort()).toEqual(['acme-eu', 'k-123456', 'line one\nline two'])
  })

  it('of four letters are told, too, where the key says that it is a secret', async () => {
    const { secrets } = await resolveSecrets(
      { password: '${env:SHORT}', nested: { api_key: '${env:KEY}' }, region: '${env:REGION}' },
      { env: { SHORT: 'pw12', KEY: 'k-123', REGION: 'eu-w1' }, readFile: read },
      { connection: 'mail' },
    )
    expect([...secrets].sort()).toEqual(['k-123', 'pw12'])
  })

  it('are not looked up until they are asked for', async () => {
    const project = await loadProject(await tempProject())
    expect(project.connections['crm']?.keys).toEqual({ client_secret: '${env:SF_SECRET}' })
  })

  it('that are missing are all named, with the connection and the place', async () => {
    const project = await loadProject(
      await tempProject({
        'millrace.yaml': (sound['millrace.yaml'] ?? '').replace(
          'client_secret:',
          "file: '${file:/nowhere/x}', client_secret:",
        ),
      }),
    )
    const keys = project.connections['crm']?.keys ?? {}
    const found = await caughtFrom(() =>
      resolveSecrets(keys, { env: { SF_SECRET: '' }, readFile: read }, { connection: 'crm', project }),
    )
    expect(found.map(brief)).toEqual([
      "MR-1301 millrace.yaml:5:39 '${file:/nowhere/x}'",
      "MR-1301 millrace.yaml:5:76 '${env:SF_SECRET}'",
    ])
    expect(found.map(({ message }) => message)).toEqual([
      'the connection `crm` needs `file`, and there is no file /nowhere/x',
      'the connection `crm` needs `client_secret`, and the variable SF_SECRET is empty',
    ])
  })

  it('of a value are not looked for again in what they hold', async () => {
    const { value } = await resolveSecrets(
      { a: '${env:A}' },
      { env: { A: '${env:B}', B: 'no' }, readFile: read },
      { connection: 'x' },
    )
    expect(value).toEqual({ a: '${env:B}' })
  })

  it('are those of the target where it lays others over the connection’s', async () => {
    const project = await loadProject(
      await tempProject({
        'millrace.yaml': (sound['millrace.yaml'] ?? '').replace(
          'sandbox: true',
          "sandbox: true, connections: { crm: { client_secret: '${env:OTHER}', extra: 1 } }",
        ),
      }),
    )
    const { crm } = project.connections
    const { sandbox } = project.targets
    expect(crm && sandbox && connectionKeys(crm, sandbox)).toEqual({ client_secret: '${env:OTHER}', extra: 1 })
  })
})
