import { describe, expect, test } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import { schedulesOf } from '../../src/schedule/resolve-schedules.ts'
import { nextSlots } from '../../src/schedule/slots.ts'
import { tempProject } from '../config/temp-project.ts'

const read = async (schedules: string) =>
  schedulesOf(await loadProject(await tempProject({ 'schedules.yaml': schedules })))

describe('the schedules of a project', () => {
  test('have every default filled in, of the file before our own', async () => {
    const [nightly, hourly] = await read(`
defaults: { timezone: Europe/Helsinki, timeout: 1h30m, retry: { attempts: 5 }, jitter: 10s }
schedules:
  nightly: { select: [crm], cron: '0 2 * * *' }
  hourly:
    select: ['tag:crm', people]
    exclude: [crm]
    every: 1h
    timezone: UTC
    overlap: buffer_one
    catchup: { mode: all, window: 2d }
    timeout: 5m
    grace: 5s
    retry: { attempts: 1, initial: 1s, max: 2s }
    jitter: 0s
    priority: high
    enabled: [sandbox]
`)
    expect(nightly).toEqual({
      name: 'nightly',
      select: ['crm'],
      exclude: [],
      trigger: { kind: 'cron', pattern: '0 2 * * *' },
      timezone: 'Europe/Helsinki',
      overlap: 'skip',
      catchup: { mode: 'latest', windowMs: 86_400_000 },
      timeoutMs: 5_400_000,
      graceMs: 30_000,
      retry: { attempts: 5, initialMs: 30_000, maxMs: 900_000 },
      jitterMs: 10_000,
      priority: 'normal',
      targets: 'all',
    })
    expect(hourly).toEqual({
      name: 'hourly',
      select: ['tag:crm', 'people'],
      exclude: ['crm'],
      trigger: { kind: 'every', everyMs: 3_600_000 },
      timezone: 'UTC',
      overlap: 'buffer_one',
      catchup: { mode: 'all', windowMs: 172_800_000 },
      timeoutMs: 300_000,
      graceMs: 5_000,
      retry: { attempts: 1, initialMs: 1_000, maxMs: 2_000 },
      jitterMs: 0,
      priority: 'high',
      targets: ['sandbox'],
    })
  })

  test('may wait for others', async () => {
    const [, after] = await read(`
schedules:
  nightly: { select: [crm], cron: '0 2 * * *' }
  later: { select: [crm], after: { all: [nightly], within: 6h } }
`)
    expect(after?.trigger).toEqual({ kind: 'after', all: ['nightly'], withinMs: 21_600_000 })
  })

  test('are none where the file is missing or empty', async () => {
    expect(schedulesOf(await loadProject(await tempProject()))).toEqual([])
    expect(await read('schedules: {}')).toEqual([])
  })
})

describe('at', () => {
  const slotsOf = async (at: string, timezone: string) => {
    const [schedule] = await read(`schedules: { once: { select: [crm], at: ${at}, timezone: ${timezone} } }`)
    return nextSlots(schedule!, new Date('2020-01-01T00:00:00Z'), 9).map(({ instant, note }) => [instant, note])
  }

  test('is read in the timezone, unless it has its own offset', async () => {
    const at = `['2027-06-01T02:00:00', '2027-05-01T02:00:00Z', '2027-05-01T02:00:00-07:00', '2027-01-01T02:00:00.250']`
    expect(await slotsOf(at, 'Europe/Helsinki')).toEqual([
      ['2027-01-01T00:00:00.250Z', null],
      ['2027-05-01T02:00:00.000Z', null],
      ['2027-05-01T09:00:00.000Z', null],
      ['2027-05-31T23:00:00.000Z', null],
    ])
  })

  test('in a gap runs at the first moment after it', async () => {
    expect(await slotsOf(`'2027-03-14T02:30:00'`, 'America/New_York')).toEqual([
      ['2027-03-14T07:00:00.000Z', '02:30 does not exist on 2027-03-14 in America/New_York; runs at 03:00'],
    ])
    expect(await slotsOf(`'2027-04-30T00:00:00'`, 'Africa/Cairo')).toEqual([
      ['2027-04-29T22:00:00.000Z', '00:00 does not exist on 2027-04-30 in Africa/Cairo; runs at 01:00'],
    ])
  })

  test('in a fold runs once, at the first of the two', async () => {
    expect(await slotsOf(`'2027-11-07T01:30:00'`, 'America/New_York')).toEqual([
      ['2027-11-07T05:30:00.000Z', '01:30 comes twice on 2027-11-07 in America/New_York; runs at the first'],
    ])
    expect(await slotsOf(`'2027-04-04T01:45:00'`, 'Australia/Lord_Howe')).toEqual([
      ['2027-04-03T14:45:00.000Z', '01:45 comes twice on 2027-04-04 in Australia/Lord_Howe; runs at the first'],
    ])
  })

  test('named twice is one slot', async () => {
    expect(await slotsOf(`['2027-01-01T02:00:00', '2027-01-01T02:00:00Z']`, 'UTC')).toHaveLength(1)
  })
})
