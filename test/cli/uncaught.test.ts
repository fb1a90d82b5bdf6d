/** What a connector of the project's own leaves for nobody to catch, and what it says on the console. */
import { afterAll, describe, expect, test } from 'vitest'
import { rmSync } from 'node:fs'
import { devYaml } from '../app/dev-yaml.ts'
import { emptyDirectory, linesOf, millrace, write } from './command.ts'

const project = emptyDirectory()
afterAll(() => rmSync(project, { recursive: true, force: true }))

const source = (read: string) => `import { connector, stream, z } from 'millrace'
const docs = 'https://mill.example/docs'
const columns = { id: 'integer' }
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const batch = (id) => ({ kind: 'records', readAt: new Date(), records: [{ id }] })
export default connector({
  name: 'mill',
  config: z.strictObject({ key: z.string().meta({ secret: true }) }),
  http: () => ({ baseUrl: 'http://127.0.0.1:9' }),
  check: async () => undefined,
  streams: {
    rows: stream({ docs, order: 'none', key: ['id'], columns, fullEveryMs: 0, async *read(scan, { signal }) {
      ${read}
    } }),
  },
})
`
write(project, 'millrace.yaml', devYaml("mill: { connector: mill, key: '${file:key}' }"))
write(project, 'key', 'a-very-secret-key')
write(project, 'syncs/rows.yaml', 'source: mill\nstreams: { rows: {} }\n')

const goesOn = 'for (let id = 1; ; id++) { yield batch(id); await wait(20) }'
const rejection = "Promise.reject(new TypeError('nobody heard a-very-secret-key'))"

async function run(read: string, ...args: readonly string[]) {
  write(project, 'connectors/mill/index.ts', source(read))
  return millrace(project, 'sync', 'run', 'rows', ...args)
}

describe.each([
  ['a rejection that nobody awaits', rejection],
  ['a throw in a timer', "setTimeout(() => { throw new TypeError('nobody heard a-very-secret-key') }, 10)"],
])('%s', (_, mistake) => {
  test.each([
    ['while rows come', goesOn],
    ['while it waits for what never comes', 'yield batch(1); await new Promise(() => setInterval(() => {}, 1000))'],
  ])('ends the run in our words, %s', async (__, rest) => {
    const ended = await run(`${mistake}; ${rest}`, '--json')
    expect(ended).toMatchObject({ code: 1, signal: null, stderr: '' })
    const lines = linesOf(ended)
    const errors = lines.filter(({ type }) => type === 'error')
    expect(errors).toMatchObject([{ code: 'MR-1401', exit_code: 1 }])
    expect(errors[0]?.message).toBe(
      'The connector mill failed at work that nobody awaits (a promise, a timer, an event): TypeError: nobody heard [secret]',
    )
    expect(lines.at(-1)).toMatchObject({ type: 'result', exit_code: 1 })
    const runs = await millrace(project, 'runs', '--json')
    expect(linesOf(runs)[0]).toMatchObject({ status: 'failed' })
  })
})

test('without --json people read it, once and without a stack', async () => {
  const { code, stderr } = await run(`${rejection}; ${goesOn}`)
  expect(code).toBe(1)
  expect(stderr).toContain('MR-1401')
  expect(stderr).not.toMatch(/node:internal|a-very-secret-key/)
  expect(stderr.match(/explain MR-1401/g)).toHaveLength(1)
})

test('what leads into no code of the project is a bug', async () => {
  const { code, stderr } = await run(`process.nextTick(JSON.parse, '{'); ${goesOn}`)
  expect({ code, stderr }).toMatchObject({ code: 70, stderr: expect.stringContaining('MR-7000') })
})

test('with --json what a connector prints goes to stderr: stdout has a line of JSON each', async () => {
  const prints = "console.log('seen %d', 1); console.info('told'); console.table([1]); yield batch(1)"
  const ended = await run(prints, '--json')
  expect(linesOf(ended).at(-1)).toMatchObject({ type: 'result', exit_code: 0 })
  expect(ended.stderr).toMatch(/^seen 1\ntold\n/)
  expect((await run(prints)).stdout).toContain('seen 1')
})
