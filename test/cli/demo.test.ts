/** `npm start` on the sample project, in a small world. */
import { beforeAll, describe, expect, test } from 'vitest'
import { copyOfSampleProject, linesOf, serveSmallWorld, millrace, type Ended, type Line } from './command.ts'

const sample = copyOfSampleProject()
let played: Ended
let lines: readonly Line[]

beforeAll(async () => {
  // Kept after it has ended: each command starts its own again.
  await (
    await serveSmallWorld(sample)
  )()
  // Played twice: the second time must not trip over the first.
  await millrace(sample, 'demo', '-q')
  played = await millrace(sample, 'demo', '--json')
  lines = linesOf(played)
}, 600_000)

describe('the demo', () => {
  test('ends with a round in which nothing is new, and with 0', () => {
    const rounds = lines.filter((line) => line.type === 'round')
    expect(
      rounds.map(({ title, loaded, added, changed }) => ({
        title,
        loads: loaded > 0,
        adds: added > 0,
        changes: changed > 0,
      })),
    ).toEqual([
      { title: 'first run', loads: true, adds: true, changes: false },
      { title: 'a day later', loads: true, adds: false, changes: true },
      { title: 'nothing new', loads: false, adds: false, changes: false },
    ])
    expect(lines.at(-1)).toMatchObject({ type: 'result', exit_code: 0, problems: [] })
    expect(played.code).toBe(0)
  })

  test('says what became of the day, as warehouse and vendor have it', () => {
    const [optOuts, deal, lead] = lines.at(-1)?.['sentences'] ?? []
    expect(optOuts).toMatch(
      /^\d+ people opted out; all \d+ of email and news are out at customerio; the one who did so there stayed out; /,
    )
    expect(deal).toMatch(/^Opportunity 006\w+ moved .+ → Closed Won at \d\d:\d\d by .+ \(opportunity_field_history\)$/)
    expect(lead).toMatch(/^Lead 00Q\w+ was converted.* at \d\d:\d\d by .+ \(lead_field_history\)$/)
  })

  test('is refused on a target that is no sandbox', async () => {
    const { code, stderr } = await millrace(sample, 'demo', '--target', 'dev')
    expect(stderr).toContain('dev is no sandbox')
    expect(code).toBe(4)
  })
})

test('the sample project is whole', async () => {
  const { code, stdout } = await millrace(sample, 'sync', 'validate')
  expect(stdout).toContain('4 syncs, 3 models')
  expect(code).toBe(0)
})
