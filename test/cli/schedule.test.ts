/** The commands by their processes. Times come from the clock of the machine, so the tests look at what holds on any day. */
import { describe, expect, test } from 'vitest'
import { linesOf, millrace, newProject, write } from './command.ts'

const project = await newProject()
write(
  project,
  'schedules.yaml',
  `defaults: { timezone: America/New_York }
schedules:
  nightly: { select: [stripe], cron: '30 2 * * *', jitter: 5m, priority: high, enabled: [sandbox] }
  often: { select: ['tag:activation'], every: 6h, timezone: UTC, overlap: buffer_one, retry: { attempts: 1 } }
  follow: { select: [customerio_people], after: { all: [nightly], within: 6h } }
  once: { select: [stripe], at: '2020-01-01T02:00:00' }
  off: { select: [stripe], every: 1h, enabled: false }
  elsewhere: { select: [stripe], every: 1h, enabled: [dev] }
  empty: { select: [stripe], exclude: ['source:stripe'], at: '2020-01-01T02:00:00', enabled: false }
`,
)
const bare = await newProject()
write(bare, 'schedules.yaml', 'schedules: {}\n')

describe('schedule list', () => {
  test('shows when each runs, what it runs and its next slot', async () => {
    const { code, stdout, stderr } = await millrace(project, 'schedule', 'list')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [header, nightly, often, follow, once] = stdout.split('\n')
    expect(header).toMatch(/schedule +when +timezone +runs +next/)
    expect(nightly).toMatch(
      /nightly +cron 30 2 \* \* \* +America\/New_York +stripe +\d{4}-\d\d-\d\d 0[23]:[03]0 -0[45]:00$/,
    )
    expect(often).toMatch(/often +every 6h +UTC +tag:activation +\d{4}-\d\d-\d\d (00|06|12|18):00 \+00:00$/)
    expect(follow).toMatch(/follow +after nightly +America\/New_York +customerio_people$/)
    expect(once).toMatch(/once +at 2020-01-01 02:00 -05:00 +America\/New_York +stripe +never again$/)
  })

  test('with --json is a line a schedule', async () => {
    const lines = linesOf(await millrace(project, 'schedule', 'list', '--json'))
    expect(lines.map(({ type, name }) => [type, name])).toEqual([
      ['schedule', 'nightly'],
      ['schedule', 'often'],
      ['schedule', 'follow'],
      ['schedule', 'once'],
      ['schedule', 'off'],
      ['schedule', 'elsewhere'],
      ['schedule', 'empty'],
      ['result', undefined],
    ])
    expect(lines[1]).toMatchObject({ trigger: { every_ms: 21_600_000 }, overlap: 'buffer_one', retry: { attempts: 1 } })
    expect(lines[2]).toMatchObject({ trigger: { after: ['nightly'], within_ms: 21_600_000 }, next: null })
    expect(lines[4]).toMatchObject({ name: 'off', targets: [], next: null })
  })
})

describe('schedule next', () => {
  test('shows local time with its offset, UTC, and what daylight saving does within a year', async () => {
    const { code, stdout } = await millrace(project, 'schedule', 'next', 'nightly', '--count', '366')
    expect(code).toBe(0)
    const rows = stdout.trimEnd().split('\n').slice(1)
    expect(rows).toHaveLength(366)
    expect(rows.filter((row) => row.includes('02:30 does not exist on'))).toEqual([
      expect.stringMatching(/ 03:00 -04:00 +\d{4}-03-\d\d 07:00 UTC +America\/New_York .*; runs at 03:00$/),
    ])
  })

  test('of all schedules is in the order of time, and says which have none of their own', async () => {
    const ended = await millrace(project, 'schedule', 'next', '--json', '--count', '9')
    const slots = linesOf(ended).filter(({ type }) => type === 'slot')
    expect(slots).toHaveLength(9)
    expect(new Set(slots.map(({ schedule }) => schedule))).toEqual(new Set(['nightly', 'often']))
    const instants = slots.map(({ instant }) => String(instant))
    expect(instants).toEqual([...instants].sort())
    for (const { schedule, instant, due_at } of slots) {
      const jitterMs = Date.parse(due_at) - Date.parse(instant)
      expect(jitterMs).toBeGreaterThanOrEqual(0)
      expect(jitterMs).toBeLessThan(schedule === 'nightly' ? 300_000 : 1)
    }
    expect(ended.stderr).toContain('follow has no times of its own: it runs when nightly ended.')
    for (const name of ['off', 'elsewhere']) expect(ended.stderr).toContain(`${name} is not enabled on sandbox: none`)
  })

  test('of one whose times are past says so', async () => {
    const { code, stdout, stderr } = await millrace(project, 'schedule', 'next', 'once')
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: 'once has no more slots.\n' })
  })

  test('of one that is not enabled on the target says so, and on another target shows them', async () => {
    const { code, stdout, stderr } = await millrace(project, 'schedule', 'next', 'elsewhere')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toBe('elsewhere is not enabled on sandbox: none of its slots runs there.\n')
    const onDev = await millrace(project, '--target', 'dev', 'schedule', 'next', 'elsewhere', '--count', '2')
    expect(onDev.stdout.trimEnd().split('\n')).toHaveLength(3)
  })

  test.for(['0', 'many', '1001'])('--count %s is refused', async (count) => {
    const { code, stderr } = await millrace(project, 'schedule', 'next', '--count', count)
    expect(code).toBe(2)
    expect(stderr).toContain(`--count ${count}`)
  })
})

describe('schedule explain', () => {
  test('says in words what a schedule is', async () => {
    const { code, stdout } = await millrace(project, 'schedule', 'explain', 'nightly')
    expect(code).toBe(0)
    for (const text of [
      /when +cron 30 2 \* \* \*, in America\/New_York/,
      /syncs +stripe/,
      /overlap +skip: /,
      /catch-up +latest: .* 1d/,
      /timeout +2h/,
      /retry +3 runs a slot at most, unless its daemon is killed; the second after 30s, no wait longer than 15m/,
      /jitter +less than 5m/,
      /priority +high: goes before others/,
      /targets +only sandbox/,
      /next +\d{4}-\d\d-\d\d \d\d:\d\d -0[45]:00 {2}\(\d{4}-\d\d-\d\d \d\d:\d\d UTC\)/,
      /clocks +02:30 does not exist on \d{4}-03-\d\d in America\/New_York; runs at 03:00/,
    ])
      expect(stdout).toMatch(text)
  })

  test('names the syncs that it selects, and what it follows', async () => {
    const [often] = linesOf(await millrace(project, 'schedule', 'explain', 'often', '--json'))
    expect(often).toMatchObject({ type: 'schedule', syncs: ['customerio_people'], clock_changes: [] })
    expect(often?.['next']).toHaveLength(5)
    const { stdout } = await millrace(project, 'schedule', 'explain', 'follow')
    expect(stdout).toMatch(/next +none by time: it follows nightly/)
  })
})

test.for([['next'], ['explain'], ['history']])(
  'schedule %s of one that is not there names the nearest',
  async ([command = '']) => {
    const { code, stderr } = await millrace(project, 'schedule', command, 'nihgtly')
    expect(code).toBe(2)
    expect(stderr).toContain('MR-1204')
    expect(stderr).toContain('there is no schedule `nihgtly`')
    expect(stderr).toContain('Did you mean `nightly`?')
  },
)

test.for([['list'], ['next']])(
  'schedule %s of a project without schedules says so and ends with 0',
  async ([command = '']) => {
    const { code, stdout, stderr } = await millrace(bare, 'schedule', command)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain('This project has no schedules.')
    const lines = linesOf(await millrace(bare, 'schedule', command, '--json'))
    expect(lines).toEqual([{ type: 'result', exit_code: 0 }])
  },
)

describe('from another terminal', () => {
  test('pause is shown as a difference from git until resume; an unknown schedule is named with its neighbour', async () => {
    expect(await millrace(project, 'schedule', 'pause', 'nightly')).toMatchObject({ code: 0 })
    expect((await millrace(project, 'schedule', 'list')).stdout).toMatch(/nightly .*paused by \S+ \(not in git\)/)
    expect((await millrace(project, 'schedule', 'next', 'nightly')).stdout).toMatch(/nightly .* paused by \S+$/m)
    const [slot] = linesOf(await millrace(project, 'schedule', 'next', 'nightly', '--json'))
    expect(slot).toMatchObject({ schedule: 'nightly', pause: { by: expect.any(String) } })
    expect((await millrace(project, 'schedule', 'resume', 'nightly')).stderr).toMatch(
      /^nightly goes on\. It was paused by /,
    )
    expect((await millrace(project, 'schedule', 'list')).stdout).not.toContain('paused')
    expect((await millrace(project, 'schedule', 'next', 'nightly')).stdout).not.toContain('paused')
    expect((await millrace(project, 'schedule', 'pause', 'nightli')).stderr).toContain('Did you mean `nightly`?')
  })

  test('trigger of one that has nothing to run is refused, and leaves no slot', async () => {
    const { code, stderr } = await millrace(project, 'schedule', 'trigger', 'empty')
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('the schedule `empty` has no sync to run'),
    })
    expect((await millrace(project, 'schedule', 'history', 'empty')).stderr).toContain('No slot has come yet')
  })

  test('trigger queues a slot of now, which history shows', async () => {
    expect((await millrace(project, 'schedule', 'history')).stderr).toContain('No slot has come yet')
    const { code, stderr } = await millrace(project, 'schedule', 'trigger', 'nightly')
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^stripe will run as soon as/) })
    const [slot] = linesOf(await millrace(project, 'schedule', 'history', 'nightly', '--json'))
    expect(slot).toMatchObject({ type: 'slot', schedule: 'nightly', trigger: 'hand', state: 'queued' })
    expect((await millrace(project, 'schedule', 'history')).stdout).toMatch(/nightly .* queued +stripe queued/)
  })
})

test('a daemon gives up the Redis of an earlier one where it is told to, and not by itself', async () => {
  write(bare, '.millrace/redis-sandbox.json', '{}')
  const { code, stderr } = await millrace(bare, 'daemon')
  expect(code).toBe(2)
  for (const part of ['MR-6006', 'MILLRACE_REDIS_URL', 'millrace daemon --no-redis']) expect(stderr).toContain(part)
  expect((await millrace(bare, 'schedule', 'next')).code).toBe(0) // reads files alone
  expect((await millrace(bare, 'daemon', '--no-redis')).stderr).toContain('There are no schedules')
  expect((await millrace(bare, 'schedule', 'history')).code).toBe(0)
})

test('a daemon takes no --drain that a timer cannot wait for', async () => {
  const { code, stderr } = await millrace(bare, 'daemon', '--drain', '30d')
  expect(code).toBe(2)
  expect(stderr).toContain('--drain 30d: no longer than 24 days')
})
