import { expect, test } from 'vitest'
import { createWorld } from '../../src/sandbox/world.ts'

const world = createWorld(1)

test('one seed gives the same cast, byte for byte, and another seed another one', () => {
  expect(JSON.stringify(createWorld(1))).toBe(JSON.stringify(world))
  expect(JSON.stringify(createWorld(2))).not.toBe(JSON.stringify(world))
})

test('a random stream depends on its name alone, not on what was drawn before', () => {
  world.random('other').next()
  const draw = () =>
    Array.from(
      { length: 5 },
      (
        (random) => () =>
          random.integer(1, 1_000_000)
      )(world.random('mine')),
    )
  expect(draw()).toEqual(draw())
  expect(world.random('mine').next()).not.toBe(world.random('mind').next())
})

test('the usual cast is as large as promised', () => {
  const leads = world.people.filter(({ kind }) => kind === 'lead').length
  expect([world.companies.length, world.people.length, world.staff.length, world.deals.length]).toEqual([
    1500, 6200, 25, 1800,
  ])
  expect(leads / world.people.length).toBeCloseTo(0.25, 1)
  expect(world.companies.filter(({ pays }) => pays).length).toBeGreaterThan(1100)
  expect(createWorld(1, 0.1).people).toHaveLength(620)
})

test('numbers find their place in the list, and whoever is referred to exists', () => {
  for (const list of [world.companies, world.people, world.staff, world.deals]) {
    expect(list.every(({ number }, index) => number === index + 1)).toBe(true)
  }
  expect(world.people.every(({ company }) => world.companies[company - 1])).toBe(true)
  expect(world.companies.every(({ owner }) => world.staff[owner - 1])).toBe(true)
  expect(world.deals.every(({ company, owner }) => world.companies[company - 1] && world.staff[owner - 1])).toBe(true)
})

test('addresses are unique in any case, and a few have capitals', () => {
  const emails = world.people.map(({ email }) => email)
  const capitals = emails.filter((email) => email !== email.toLowerCase()).length
  expect(new Set(emails.map((email) => email.toLowerCase())).size).toBe(emails.length)
  expect(emails.every((email) => /^[a-z0-9.-]+@[a-z0-9.-]+\.example$/i.test(email))).toBe(true)
  expect(capitals).toBeGreaterThan(50)
  expect(capitals).toBeLessThan(400)
})

test('names are as mixed as people are', () => {
  const names = world.people.map(({ firstName, lastName }) => `${firstName} ${lastName}`).join()
  for (const script of [/山/, /محمد/, /\p{Emoji_Presentation}/u, /ñ/, /O'Brien/, /𠮷/, /Иванова/])
    expect(names).toMatch(script)
  expect(world.people.some(({ phone }) => phone === null)).toBe(true)
  expect(world.people.some(({ title }) => title === null)).toBe(true)
})

test.each(['email', 'sms', 'phone', 'news'] as const)(
  'between 3 and 12 of a hundred people have opted out of %s',
  (channel) => {
    const part = world.people.filter(({ optOut }) => optOut[channel]).length / world.people.length
    expect(part).toBeGreaterThan(0.03)
    expect(part).toBeLessThan(0.12)
  },
)

test('everything was created after January 2022 and a week before the epoch, and never before its company', () => {
  const things = [...world.companies, ...world.people, ...world.deals]
  const weekBefore = world.epoch.getTime() - 7 * 86_400_000
  expect(world.epoch.toISOString()).toBe('2026-11-20T09:55:00.000Z')
  expect(
    things.every(({ createdAt }) => createdAt >= new Date('2022-02-01') && createdAt.getTime() <= weekBefore),
  ).toBe(true)
  const contacts = world.people.filter(({ kind }) => kind === 'contact')
  for (const { company, createdAt } of [...contacts, ...world.deals]) {
    expect(createdAt >= (world.companies[company - 1]?.createdAt ?? createdAt)).toBe(true)
  }
})
