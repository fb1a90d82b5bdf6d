import type { Deal, Random, SimulatorContext } from 'millrace/sandbox'
import { momentsBetween } from './moments.ts'
import { createRecord, requireObject, updateRecord } from './org.ts'
import { stageNames, stages } from './picklists.ts'
import { recordId } from './record-id.ts'
import { accountId } from './seed-accounts.ts'
import { userId } from './seed-users.ts'

export const opportunityId = (deal: number) => recordId('006', deal)

export function seedOpportunities(context: SimulatorContext): void {
  const random = context.world.random('salesforce opportunities')
  for (const deal of context.world.deals) seedOpportunity(context, deal, random)
}

/** Moves through the stages up to the one that the cast says. */
function seedOpportunity(context: SimulatorContext, deal: Deal, random: Random): void {
  const opportunity = requireObject('Opportunity')
  const id = opportunityId(deal.number)
  const owner = userId(deal.owner)
  const path = pathTo(deal.stage)
  const stamps = momentsBetween(random, { from: deal.createdAt, to: context.world.epoch, count: path.length })
  const closes = new Date(deal.createdAt.getTime() + random.integer(20, 200) * dayMs)
  const firstAmount = path.length > 1 ? random.integer(5_000, 25_000_000) : deal.amountCents
  createRecord(
    context,
    opportunity,
    {
      Id: id,
      AccountId: accountId(deal.company),
      Name: deal.name.slice(0, 120),
      StageName: path[0] ?? deal.stage,
      Amount: money(firstAmount),
      CloseDate: day(closes),
      Type: random.pick(['New Customer', 'Existing Customer - Upgrade', null]),
      LeadSource: random.pick(['Web', 'Other', null]),
      OwnerId: owner,
    },
    { at: deal.createdAt, by: owner },
  )
  for (const [index, stage] of path.slice(1).entries()) {
    const at = stamps[index] ?? deal.createdAt
    const closed = stages[stage]?.closed === true
    updateRecord(
      context,
      opportunity,
      id,
      {
        StageName: stage,
        ...(index === path.length - 2 && { Amount: money(deal.amountCents) }),
        ...(closed && { CloseDate: day(at) }),
      },
      { at, by: owner },
    )
  }
}

function pathTo(stage: string): readonly string[] {
  const open = stageNames.filter((name) => stages[name]?.closed === false)
  return stages[stage]?.closed === true ? [...open.slice(0, 3), stage] : open.slice(0, open.indexOf(stage) + 1)
}

export const money = (cents: number) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
export const day = (at: Date) => at.toISOString().slice(0, 10)
const dayMs = 86_400_000
