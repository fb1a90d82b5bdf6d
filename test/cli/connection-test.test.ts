/** What `connection test` ends with: 2 only where no connection is set up so that it could be asked. */
import { afterAll, expect, test } from 'vitest'
import { rmSync } from 'node:fs'
import { devYaml } from '../app/dev-yaml.ts'
import { emptyDirectory, linesOf, millrace, write } from './command.ts'

const project = emptyDirectory()
afterAll(() => rmSync(project, { recursive: true, force: true }))

write(
  project,
  'connectors/mill/index.ts',
  `import { connector, MillraceError, z } from 'millrace'
export default connector({
  name: 'mill',
  config: z.strictObject({ key: z.string().meta({ secret: true }) }),
  http: ({ config }) => ({ baseUrl: 'http://127.0.0.1:9', bearer: config.key }),
  check: async () => { throw new MillraceError('MR-3001', { message: 'the key is refused' }) },
})
`,
)
write(
  project,
  'connectors/yard/index.ts',
  `import { connector, z } from 'millrace'
export default connector({ name: 'yard', config: z.strictObject({ key: z.string().meta({ secret: true }) }) })
`,
)
write(project, 'key', 'a-key')

const unset = "{ connector: yard, key: '${env:MILLRACE_TEST_UNSET}' }"
const sound = "{ connector: yard, key: '${file:key}' }"
const refused = "{ connector: mill, key: '${file:key}' }"

test.each([
  ['it answers', { a: sound }, 0, []],
  ['its secret is missing', { a: unset }, 2, ['MR-1301']],
  ['the secrets of all are missing', { a: unset, b: unset }, 2, ['MR-1301', 'MR-1301']],
  ['its vendor refuses it', { a: refused }, 1, ['MR-3001']],
  ['one answers, and the secret of another is missing', { a: sound, b: unset }, 1, ['MR-1301']],
  ['one is refused, and the secret of another is missing', { a: refused, b: unset }, 1, ['MR-3001', 'MR-1301']],
])('%s', async (_, connections, exitCode, codes) => {
  const yaml = Object.entries(connections).map(([name, keys]) => `${name}: ${keys}`)
  write(project, 'millrace.yaml', devYaml(yaml.join(', ')))
  const ended = await millrace(project, 'connection', 'test', '--json')
  const lines = linesOf(ended)
  expect(lines.filter(({ type }) => type === 'error').map(({ code }) => code)).toEqual(codes)
  expect(lines.at(-1)).toMatchObject({ type: 'result', exit_code: exitCode })
  expect(ended.code).toBe(exitCode)
})
