/** docs/json.md against what the commands print: no line and no member that it does not tell, and none that it tells in vain. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { edit, linesOf, millrace, newProject, startMillrace, until, type Line } from './command.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

type Told = {
  readonly type: string
  readonly of: string
  readonly has: readonly string[]
  readonly may: readonly string[]
}

/** `- \`type\` of …: members; sometimes members`, over as many lines as it takes. */
const page: readonly Told[] = [...read('docs/json.md').matchAll(/^- `([^`]+)`([^:]*): ((?:.|\n {2})+)/gm)].map(
  ([, type = '', of = '', rest = '']) => {
    const [has = '', may = ''] = rest.replaceAll(/\([^)]*\)/g, '').split('; sometimes ')
    return { type, of, has: namesIn(has), may: namesIn(may) }
  },
)

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
}

const engineEvents = [
  ...read('src/model/event.ts').matchAll(/readonly type: '([^']+)'((?:(?!readonly type:)[^}])*)/g),
].map(([, type = '', members = '']) => ({
  type,
  members: [...members.matchAll(/readonly (\w+)\??:/g)].map(([, name = '']) => name),
}))

let directory: string
let sandbox: ReturnType<typeof startMillrace>
let lastRun = ''
const seen = new Set<Told>()

beforeAll(async () => {
  directory = await newProject()
  // One row that the vendor refuses, a target that grants can be made for, a schedule that is soon due.
  edit(directory, 'models/people.sql', (text) =>
    text.replace(
      'customers.email,',
      `case when customers.id = (select min(id) from {{ source('stripe', 'customers') }}) then repeat('x', 40000) else customers.email end as email,`,
    ),
  )
  edit(directory, 'millrace.yaml', (text) =>
    text.replace(
      'connections:',
      '  prod: { warehouse: { type: snowflake, account: A-B, user: L, private_key: "${env:KEY}", role: R, warehouse: W, database: D } }\nconnections:',
    ),
  )
  edit(directory, 'schedules.yaml', (text) => `${text}\n  often: { select: [stripe], every: 1s }\n`)
  sandbox = startMillrace(directory, ['sandbox', '--scale', '0.05', '--seed', '7', '--json'])
  await until(() => sandbox.said().includes('Ctrl-C ends it'))
}, 60_000)

afterAll(() => sandbox.ended)

describe('the page tells', () => {
  test.each(engineEvents)('of $type each member, as the engine has it', ({ type, members }) => {
    const told = page.filter((each) => each.type === type)
    expect(told.map(({ has, may }) => [...has, ...may].sort())).toEqual([
      members.filter((name) => name !== 'run_id').sort(),
    ])
  })

  test.each([
    'init elsewhere',
    'sync list',
    'sync validate',
    'sync run --all --first-run',
    'rejects customerio_people',
    'sandbox move',
    'sync run stripe',
    'sync plan',
    'sync preview customerio_people',
    'sync status',
    'backfill stripe --stream customers --from 2026-11-01 --to 2026-11-03 --dry-run',
    'backfill stripe --stream customers --from 2026-11-01 --to 2026-11-03 --step 2d',
    'runs',
    'run show RUN',
    'run show nobody',
    'logs RUN',
    'connection list',
    'connection test',
    'connection discover stripe',
    'connection discover customerio person',
    'sync state show stripe',
    'sync state export stripe state.ndjson --reason moving',
    'doctor',
    'grants snowflake',
    'forget nobody@people.example --dry-run',
    'schedule list',
    'schedule next',
    'schedule explain nightly',
    'schedule trigger nightly',
    'schedule history',
    'explain MR-1001',
    'completion bash',
    'schema',
    'sandbox show customerio person',
    'sandbox journal customerio',
    'sandbox fault',
    'sandbox fault stripe status --status 401',
    'sandbox fault stripe',
    'sandbox reset --yes',
  ])('what %s prints', async (command) => {
    const lines = linesOf(await millrace(directory, ...command.replace('RUN', lastRun).split(' '), '--json'))
    expect(untold(lines)).toEqual([])
    lastRun = lines.find(({ type }) => type === 'run')?.['run_id'] ?? lastRun
  })

  test('what the daemon prints', async () => {
    const daemon = startMillrace(directory, ['daemon', '--json'])
    await until(() => daemon.said().includes('slot.claimed') && daemon.said().includes('job.ended'))
    daemon.child.kill('SIGTERM')
    expect(untold(linesOf(await daemon.ended))).toEqual([])
  })

  test('what the sandbox prints', async () => {
    sandbox.child.kill('SIGINT')
    expect(untold(linesOf(await sandbox.ended))).toEqual([])
  })
})

/** Lines that no entry fits, and whatever is behind the result. */
function untold(lines: readonly Line[]): readonly Line[] {
  return lines.filter((line, index) => {
    const told = page.filter((each) => fits(each, line))
    for (const each of told) seen.add(each)
    return told.length === 0 || (line.type === 'result') !== (index === lines.length - 1)
  })
}

function fits({ type, of, has, may }: Told, line: Line): boolean {
  if (type !== line.type) return false
  const always = type === 'result' && !of.includes('every command') ? [...has, 'exit_code'] : has
  const names = Object.keys(line).filter((name) => name !== 'type' && !(name === 'run_id' && !always.includes(name)))
  return (
    always.every((name) => names.includes(name)) && names.every((name) => always.includes(name) || may.includes(name))
  )
}

test('what it tells beside the engine’s own words was printed here, but for what takes another minute or a mishap', () => {
  const ofTheEngine = new Set(engineEvents.map(({ type }) => type))
  const unseen = page.filter((each) => !seen.has(each) && !ofTheEngine.has(each.type))
  expect(unseen.map(({ type, of }) => `${type}${of}`)).toEqual([
    'warning',
    'result of `demo`',
    'result of `sync state move`',
    'run.died',
    'daemon.reloaded of `daemon`',
    'daemon.problem of `daemon`',
    'round of `demo`',
  ])
})
