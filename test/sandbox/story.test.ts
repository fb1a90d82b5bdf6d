import { expect, test } from 'vitest'
import type { WorldEvent } from '../../src/sandbox/contract.ts'
import { beginStory, storyOfDay, tellNextDay } from '../../src/sandbox/story.ts'
import { createWorld } from '../../src/sandbox/world.ts'

const world = createWorld(7)
const state = beginStory(world)
const days = Array.from({ length: 40 }, () => tellNextDay(world, state))
const all = days.flatMap(({ events }) => events)
type Of<Kind extends WorldEvent['kind']> = Extract<WorldEvent, { kind: Kind }>
const ofKind = <Kind extends WorldEvent['kind']>(events: readonly WorldEvent[], kind: Kind) =>
  events.filter((event): event is Of<Kind> => event.kind === kind)

test('a day is the same whether it is told alone or after the days before it', () => {
  expect(JSON.stringify(storyOfDay(createWorld(7), 12))).toBe(JSON.stringify(days[11]))
})

test('another dice for one day tells that day differently, and the day before it alike', () => {
  const seeds = new Map([[3, 99]])
  expect(storyOfDay(world, 3, seeds).events).not.toEqual(days[2]?.events)
  expect(storyOfDay(world, 2, seeds)).toEqual(days[1])
})

test('events are in order, within their day, and not within the last quarter of an hour', () => {
  for (const { start, end, events } of days) {
    const times = events.map(({ at }) => at.getTime())
    expect(times).toEqual(times.toSorted((left, right) => left - right))
    expect(times.every((time) => time > start.getTime() && time < end.getTime() - 9 * 60_000)).toBe(true)
  }
  expect(days[0]?.start).toEqual(world.epoch)
  expect(days[1]?.start).toEqual(days[0]?.end)
})

test('every day has about 18 opt-outs, exactly one of them by the person at the messaging tool', () => {
  for (const { events } of days) {
    const optOuts = ofKind(events, 'opt_out')
    expect(optOuts).toHaveLength(18)
    expect(optOuts.filter(({ by }) => by === 'messaging')).toHaveLength(1)
  }
})

test('nobody opts out of a channel twice, so that who says no at the messaging tool never said so in the CRM', () => {
  const said = ofKind(all, 'opt_out').map(({ person, channel }) => `${person}:${channel}`)
  expect(new Set(said).size).toBe(said.length)
  for (const { person, channel } of ofKind(all, 'opt_out'))
    expect(world.people[person - 1]?.optOut[channel]).toBe(false)
})

test('who says no at the messaging tool is edited in the CRM on the same day', () => {
  for (const { events } of days) {
    const [own] = ofKind(events, 'opt_out').filter(({ by }) => by === 'messaging')
    expect(ofKind(events, 'person_edited').filter(({ person }) => person === own?.person)).toHaveLength(1)
  }
})

test('exactly one account is edited twice in a day, with two values', () => {
  for (const { events } of days) {
    const edits = ofKind(events, 'account_edited')
    const twice = edits.filter(({ company }) => edits.filter((each) => each.company === company).length > 1)
    expect(twice).toHaveLength(2)
    expect(twice[0]?.company).toBe(twice[1]?.company)
    expect(twice[0]?.field).toBe(twice[1]?.field)
    expect(twice[0]?.value).not.toBe(twice[1]?.value)
  }
})

test('a closed deal stays closed, and some are won every day', () => {
  const closed = new Set(world.deals.filter(({ stage }) => stage.startsWith('Closed')).map(({ number }) => number))
  for (const { events } of days) {
    const moves = ofKind(events, 'deal_moves')
    expect(moves.some(({ to }) => to === 'Closed Won')).toBe(true)
    for (const { deal, to } of moves) {
      expect(closed.has(deal)).toBe(false)
      if (to.startsWith('Closed')) closed.add(deal)
    }
  }
})

test('a lead converts once, and nothing happens to who was deleted', () => {
  const converted = ofKind(all, 'lead_converts').map(({ person }) => person)
  expect(new Set(converted).size).toBe(converted.length)
  expect(converted.every((person) => world.people[person - 1]?.kind === 'lead')).toBe(true)
  for (const { events } of days) expect(ofKind(events, 'person_deleted')).toHaveLength(1)
  for (const gone of ofKind(all, 'person_deleted')) {
    expect(all.filter((event) => 'person' in event && event.person === gone.person && event.at > gone.at)).toEqual([])
  }
})

test('a subscription ends once, and its invoices end with it', () => {
  const ended = new Map(ofKind(all, 'subscription_ends').map(({ company, at }) => [company, at]))
  expect(ended.size).toBe(ofKind(all, 'subscription_ends').length)
  for (const { company, at } of ofKind(all, 'invoice_paid'))
    expect(at < (ended.get(company) ?? new Date(8e15))).toBe(true)
})

test('addresses stay unique through all edits', () => {
  const emails = [
    ...world.people.map(({ email }) => email),
    ...ofKind(all, 'person_edited').flatMap(({ field, value }) => (field === 'email' ? [value] : [])),
  ]
  expect(new Set(emails.map((email) => email.toLowerCase())).size).toBe(emails.length)
})

test('a tiny world has a story too, and one that runs out of deals goes on', () => {
  const tiny = createWorld(3, 0.01)
  const day = storyOfDay(tiny, 60)
  expect(ofKind(day.events, 'account_edited')).toHaveLength(2)
  expect(ofKind(day.events, 'deal_moves')).toEqual([])
})
