/** A connector of the user's own, loaded from a release by a real process: its imports are found as in the folder. */
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { millrace, startMillrace, until } from '../cli/command.ts'
import { emptyFolder, soundFiles, writeFiles } from './git-repository.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const connector = `import { readFileSync } from 'node:fs'
import { connector, z } from 'millrace'
import { word } from 'some-sdk'
import { own } from 'own-sdk'
import { shared } from '../_shared/words.ts'
const data: { readonly ok: boolean } = JSON.parse(readFileSync(new URL('data.json', import.meta.url), 'utf8'))
if (word !== 'sdk' || own !== 'own' || shared !== 'shared' || !data.ok) throw new TypeError('something else was loaded')
export default connector({ name: 'acme', config: z.object({}), open: () => ({ check: async () => {}, streams: () => [] }) } as never)
`

/** As `npm init` and `npm install millrace some-sdk` leave it. */
function writeProject(packageJson: object): string {
  const folder = emptyFolder()
  folders.push(folder)
  writeFiles(folder, {
    ...soundFiles,
    'millrace.yaml': soundFiles['millrace.yaml'].replace('connections:', 'connections:\n  acme: { connector: acme }'),
    'package.json': JSON.stringify({ name: 'mine', ...packageJson }),
    'connectors/acme/index.ts': connector,
    'connectors/acme/data.json': '{"ok":true}',
    'connectors/_shared/words.ts': `export const shared = 'shared'\n`,
    'connectors/acme/node_modules/own-sdk/package.json': '{"name":"own-sdk","type":"module","exports":"./index.js"}',
    'connectors/acme/node_modules/own-sdk/index.js': `export const own = 'own'\n`,
    'node_modules/some-sdk/package.json': '{"name":"some-sdk","type":"module","exports":"./index.js"}',
    'node_modules/some-sdk/index.js': `export const word = 'sdk'\n`,
  })
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), join(folder, 'node_modules/millrace'))
  return folder
}

describe.each([
  ['with "type": "module"', { type: 'module' }],
  ['without it', {}],
])('a project %s', (_, packageJson) => {
  it('has its own connectors in the release, with millrace, npm packages and their files', async () => {
    const folder = writeProject(packageJson)
    const daemon = startMillrace(folder, ['daemon', '--json'])
    await until(() => daemon.said().includes('daemon.ready') || daemon.child.exitCode !== null)
    daemon.child.kill('SIGTERM')
    expect(await daemon.ended).toMatchObject({ code: 0 })
    const [release = ''] = readdirSync(join(folder, '.millrace/releases'))
    writeFiles(folder, { 'connectors/acme/index.ts': 'export default {{\n', 'connectors/_shared/words.ts': null })
    expect((await millrace(folder, 'sync', 'validate')).code).toBe(2)
    const frozen = ['-C', join(folder, '.millrace/releases', release), '--home', folder]
    expect(await millrace(folder, ...frozen, 'sync', 'validate')).toMatchObject({ code: 0 })
    expect(readdirSync(join(folder, '.millrace/releases', release))).not.toContain('.millrace')
  })
})
