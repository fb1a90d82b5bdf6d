import type { Deal, Person, Random, WorldEvent } from './contract.ts'
import { anyStaff, draw, isHere, momentOf, scaled, type Told } from './told-day.ts'

export function optOuts(told: Told): readonly WorldEvent[] {
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

export function dealMoves(told: Told): readonly WorldEvent[] {
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

export function leadConversions(told: Told): readonly WorldEvent[] {
  const leads = told.world.people.filter(
    (each) => each.kind === 'lead' && isHere(told, each) && !told.touched.has(each.number),
  )
  return draw(told.random, leads, scaled(5, told.scale)).map((lead) => {
    told.state.converted.add(lead.number)
    told.touched.add(lead.number)
    return { at: momentOf(told), kind: 'lead_converts', person: lead.number, staff: anyStaff(told) }
  })
}

export function companyEvents(told: Told): readonly WorldEvent[] {
  const paying = told.world.companies.filter((company) => company.pays && !told.state.ended.has(company.number))
  const drawn = draw(told.random, paying, scaled(3, told.scale) + scaled(12, told.scale))
  return drawn.map((company, index) => {
    if (index >= scaled(3, told.scale)) return { at: momentOf(told), kind: 'invoice_paid', company: company.number }
    told.state.ended.add(company.number)
    return { at: momentOf(told), kind: 'subscription_ends', company: company.number }
  })
}

export function deletion(told: Told): readonly WorldEvent[] {
  const people = told.world.people.filter((each) => isHere(told, each) && !told.touched.has(each.number))
  return draw(told.random, people, 1).map((person) => {
    told.state.gone.add(person.number)
    return { at: momentOf(told), kind: 'person_deleted', person: person.number, staff: anyStaff(told) }
  })
}

const isClosed = (stage: Deal['stage']) => stage === 'Closed Won' || stage === 'Closed Lost'

type Channel = keyof Person['optOut']

export const channels = ['email', 'news', 'sms', 'phone'] as const
const path: readonly Deal['stage'][] = ['Prospecting', 'Qualification', 'Proposal', 'Negotiation', 'Closed Won']
