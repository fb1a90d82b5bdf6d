import type { JsonObject } from 'millrace'
import type { Random, SimulatorContext } from 'millrace/sandbox'
import { momentsBetween } from './moments.ts'
import { createRecord, deleteRecord, requireObject } from './org.ts'
import { recordId } from './record-id.ts'
import { accountId } from './seed-accounts.ts'
import { userId } from './seed-users.ts'

/**
 * Records in the recycle bin: about 1.5 % of what lives. Doubles that somebody cleared away, and never companies, people or
 * deals of the cast, which the story needs alive.
 */
export function seedDeleted(context: SimulatorContext): void {
  const { world, store } = context
  const random = world.random('salesforce deleted')
  const account = () => accountId(random.pick(world.companies).number)
  const values: { readonly [object: string]: (number: number) => JsonObject } = {
    Account: (number) => ({ Name: `Merged ${number} Oy` }),
    Contact: (number) => ({
      LastName: `Gone ${number}`,
      Email: `gone.${number}@nowhere.example`,
      AccountId: account(),
    }),
    Lead: (number) => ({ LastName: `Lost ${number}`, Company: `Nowhere ${number}`, Status: 'Closed - Not Converted' }),
    Opportunity: (number) => ({
      Name: `Entered twice ${number}`,
      AccountId: account(),
      StageName: 'Closed Won',
      Amount: `${number}000000.00`,
      CloseDate: '2025-06-30',
    }),
  }
  for (const [name, valuesOf] of Object.entries(values)) {
    const count = Math.max(1, Math.round(store.count(name) * deletedShare))
    for (let number = 1; number <= count; number++)
      seedRecord(context, random, { name, number: firstNumber + number, values: valuesOf(number) })
  }
}

type Deleted = { readonly name: string; readonly number: number; readonly values: JsonObject }

function seedRecord(context: SimulatorContext, random: Random, { name, number, values }: Deleted): void {
  const object = requireObject(name)
  const id = recordId(object.keyPrefix ?? '', number)
  const by = userId(random.pick(context.world.staff).number)
  const [createdAt = context.world.epoch, deletedAt = context.world.epoch] = momentsBetween(random, {
    from: firstDay,
    to: context.world.epoch,
    count: 2,
  })
  createRecord(context, object, { ...values, Id: id }, { at: createdAt, by })
  deleteRecord(context, object, id, { at: deletedAt, by })
}

/** Beyond the cast at any scale up to 1000, and below what is made later. */
const firstNumber = 9_000_000
const firstDay = new Date('2025-01-01T00:00:00Z')
const deletedShare = 0.015
