import type { Day, World } from './contract.ts'
import { createRandom } from './random.ts'
import { accountEdits, personEdits } from './story-edits.ts'
import { channels, companyEvents, dealMoves, deletion, leadConversions, optOuts } from './story-events.ts'
import type { StoryState, Told } from './told-day.ts'

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

const dayMs = 86_400_000
