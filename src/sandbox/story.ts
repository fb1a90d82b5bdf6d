import { instantBetween, phoneNumber } from './cast.ts'
import type { Day, Deal, Person, Random, World, WorldEvent } from './contract.ts'
import { industries, titles } from './names.ts'
import { createRandom } from './random.ts'

/** What has become of the cast by the days so far. Only `tellNextDay` changes it. */
export type StoryState = {
  day: number
  readonly gone: Set<number>
  readonly converted: Set<number>
  /** `person:channel` that say no, in the CRM or at the messaging tool. */
  readonly optedOut: Set<string>
  readonly stages: Map<number, Deal['stage']>
  readonly ended: Set<number>
  readonly industries: Map<number, string>
  readonly employees: Map<number, number>
}

export function beginStory(world: World): StoryState {
  return {
    day: 0,
    gone: new Set(),
    converted: new Set(),
    optedOut: new Set(
      world.people.flatMap((person) =>
        channels.filter((channel) => person.optOut[channel]).map((channel) => `${person.number}:${channel}`),
      ),
    ),
    stages: new Map(world.deals.map((deal) => [deal.number, deal.stage])),
    ended: new Set(),
    industries: new Map(world.companies.map((company) => [company.number, company.industry])),
    employees: new Map(world.companies.map((company) => [company.number, company.employees])),
  }
}

/** Day `number`, which is 1-based, by telling all the days before it. `seeds`: for days that were told with another seed. */
export function storyOfDay(world: World, number: number, seeds: ReadonlyMap<number, number> = new Map()): Day {
  const state = beginStory(world)
  let day = tellNextDay(world, state, seeds.get(1))
  while (day.number < number) day = tellNextDay(world, state, seeds.get(day.number + 1))
  return day
}

/** Tells the day after `state.day` and moves the state on. */
export function tellNextDay(world: World, state: StoryState, seed = world.seed): Day {
  const number = state.day + 1
  const start = new Date(world.epoch.getTime() + (number - 1) * dayMs)
  const end = new Date(start.getTime() + dayMs)
  const random = createRandom(seed, `day ${number}`)
  const told: Told = { world, state, random, scale: world.people.length / 6200, touched: new Set(), start, end, number }
  const events = [
    ...optOuts(told),
    ...dealMoves(told),
    ...leadConversions(told),
    ...companyEvents(told),
    ...accountEdits(told),
    ...personEdits(told),
    ...deletion(told),
  ]
  state.day = number
  return { number, start, end, events: events.toSorted((left, right) => left.at.getTime() - right.at.getTime()) }
}

type Told = {
  readonly world: World
  readonly state: StoryState
  readonly random: Random
  readonly scale: number
  /** People of this day's events: one of them is never deleted in the same day. */
  readonly touched: Set<number>
  readonly start: Date
  readonly end: Date
  readonly number: number
}

function optOuts(told: Told): readonly WorldEvent[] {
  const { world, state } = told
  const says = (person: Person, channel: Channel, by: 'crm' | 'messaging'): WorldEvent => {
    state.optedOut.add(`${person.number}:${channel}`)
    told.touched.add(person.number)
    return { at: momentOf(told), kind: 'opt_out', person: person.number, channel, by }
  }
  const willing = (channel: Channel, kind?: Person['kind']) =>
    world.people.filter(
      (each) => isHere(told, each) && (!kind || each.kind === kind) && !state.optedOut.has(`${each.number}:${channel}`),
    )
  const [byThemselves] = draw(told.random, willing('email', 'contact'), 1)
  const events = byThemselves ? [says(byThemselves, 'email', 'messaging')] : []
  const counts = { email: 8, news: 4, sms: 3, phone: 2 } as const
  for (const channel of channels) {
    const wanted = scaled(counts[channel], told.scale)
    for (const person of draw(told.random, willing(channel), wanted)) events.push(says(person, channel, 'crm'))
  }
  return events
}

function dealMoves(told: Told): readonly WorldEvent[] {
  const { world, state, random } = told
  const open = world.deals.filter((deal) => !isClosed(state.stages.get(deal.number) ?? deal.stage))
  return draw(random, open, scaled(14, told.scale)).map((deal, index) => {
    // The first one is won, so that no day goes without.
    const to = index === 0 ? 'Closed Won' : nextStage(random, state.stages.get(deal.number) ?? deal.stage)
    state.stages.set(deal.number, to)
    return { at: momentOf(told), kind: 'deal_moves', deal: deal.number, to, staff: anyStaff(told) }
  })
}

function nextStage(random: Random, stage: Deal['stage']): Deal['stage'] {
  if (random.chance(0.2)) return 'Closed Lost'
  return path[path.indexOf(stage) + 1] ?? 'Closed Won'
}

function leadConversions(told: Told): readonly WorldEvent[] {
  const leads = told.world.people.filter(
    (each) => each.kind === 'lead' && isHere(told, each) && !told.touched.has(each.number),
  )
  return draw(told.random, leads, scaled(5, told.scale)).map((lead) => {
    told.state.converted.add(lead.number)
    told.touched.add(lead.number)
    return { at: momentOf(told), kind: 'lead_converts', person: lead.number, staff: anyStaff(told) }
  })
}

function companyEvents(told: Told): readonly WorldEvent[] {
  const paying = told.world.companies.filter((company) => company.pays && !told.state.ended.has(company.number))
  const drawn = draw(told.random, paying, scaled(3, told.scale) + scaled(12, told.scale))
  return drawn.map((company, index) => {
    if (index >= scaled(3, told.scale)) return { at: momentOf(told), kind: 'invoice_paid', company: company.number }
    told.state.ended.add(company.number)
    return { at: momentOf(told), kind: 'subscription_ends', company: company.number }
  })
}

/** The first account is edited twice in the day, in the same field: a history with two steps. */
function accountEdits(told: Told): readonly WorldEvent[] {
  const companies = draw(told.random, told.world.companies, scaled(9, told.scale))
  const [twice] = companies
  if (!twice) return []
  const edited = companies.map((company): AccountEdit =>
    editAccount(told, company.number, company === twice ? 'industry' : told.random.pick(accountFields)),
  )
  const [first] = edited
  if (!first) return []
  const second = {
    ...editAccount(told, twice.number, 'industry'),
    at: instantBetween(told.random, new Date(first.at.getTime() + 60_000), new Date(told.end.getTime() - quietMs / 2)),
  }
  return [...edited, second]
}

type AccountEdit = Extract<WorldEvent, { kind: 'account_edited' }>

function editAccount(told: Told, company: number, field: AccountEdit['field']): AccountEdit {
  const value = newAccountValue(told, company, field)
  return { at: momentOf(told), kind: 'account_edited', company, field, value, staff: anyStaff(told) }
}

function newAccountValue({ state, random, world }: Told, company: number, field: AccountEdit['field']): string {
  switch (field) {
    case 'industry': {
      const industry = random.pick(industries.filter((each) => each !== state.industries.get(company)))
      state.industries.set(company, industry)
      return industry
    }
    case 'employees': {
      const employees = (state.employees.get(company) ?? 1) + random.integer(1, 40)
      state.employees.set(company, employees)
      return String(employees)
    }
    case 'phone':
      return phoneNumber(random, world.companies[company - 1]?.country ?? 'US')
  }
}

/**
 * The person who said no at the messaging tool gets a new address in the CRM on the same day: a change beside an opt-out
 * that the CRM does not know of, which must not subscribe them again.
 */
function personEdits(told: Told): readonly WorldEvent[] {
  const { random, world } = told
  const [neighbour] = told.touched
  const others = world.people.filter((each) => isHere(told, each) && !told.touched.has(each.number))
  const people = [
    ...world.people.filter((each) => each.number === neighbour),
    ...draw(random, others, scaled(8, told.scale)),
  ]
  return people.map((person) => {
    told.touched.add(person.number)
    const field = person.number === neighbour ? 'email' : random.pick(personFields)
    return {
      at: momentOf(told),
      kind: 'person_edited',
      person: person.number,
      field,
      value: newPersonValue(told, person, field),
      staff: anyStaff(told),
    }
  })
}

function newPersonValue({ random, world, number }: Told, person: Person, field: 'title' | 'phone' | 'email'): string {
  const company = world.companies[person.company - 1]
  switch (field) {
    case 'title':
      return `${random.pick(titles.filter((title) => title !== person.title))} (${number})`
    case 'phone':
      return phoneNumber(random, company?.country ?? 'US')
    case 'email':
      // Nobody else can have it: the day and the person are in it.
      return `p${person.number}.d${number}@${company?.domain ?? 'nowhere.example'}`
  }
}

function deletion(told: Told): readonly WorldEvent[] {
  const people = told.world.people.filter((each) => isHere(told, each) && !told.touched.has(each.number))
  return draw(told.random, people, 1).map((person) => {
    told.state.gone.add(person.number)
    return { at: momentOf(told), kind: 'person_deleted', person: person.number, staff: anyStaff(told) }
  })
}

/** `count` different items, or all where there are fewer. */
function draw<T>(random: Random, items: readonly T[], count: number): readonly T[] {
  const taken = new Set<number>()
  while (taken.size < Math.min(count, items.length)) taken.add(random.integer(0, items.length - 1))
  return [...taken].flatMap((index) => items.slice(index, index + 1))
}

/** Not deleted, and not a lead that has become somebody else's record: nothing more happens to those. */
const isHere = ({ state }: Told, person: Person) =>
  !state.gone.has(person.number) && !state.converted.has(person.number)

const isClosed = (stage: Deal['stage']) => stage === 'Closed Won' || stage === 'Closed Lost'

const anyStaff = ({ world, random }: Told) => random.integer(1, world.staff.length)

const momentOf = ({ random, start, end }: Told) =>
  instantBetween(random, new Date(start.getTime() + quietMs), new Date(end.getTime() - quietMs))

const scaled = (count: number, scale: number) => Math.max(1, Math.round(count * scale))

type Channel = keyof Person['optOut']

const dayMs = 86_400_000
/** Nothing happens this near to midnight of the story: a sync at the day's end sees all of it, whatever the vendor's lag. */
const quietMs = 20 * 60_000
const channels = ['email', 'news', 'sms', 'phone'] as const
const path: readonly Deal['stage'][] = ['Prospecting', 'Qualification', 'Proposal', 'Negotiation', 'Closed Won']
const accountFields = ['industry', 'employees', 'phone'] as const
const personFields = ['title', 'phone', 'email'] as const
