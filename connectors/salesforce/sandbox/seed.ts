import type { SimulatorContext } from 'millrace/sandbox'
import { seedAccounts } from './seed-accounts.ts'
import { seedBulkLoad } from './seed-bulk-load.ts'
import { seedDeleted } from './seed-deleted.ts'
import { seedOpportunities } from './seed-opportunities.ts'
import { seedPeople } from './seed-people.ts'
import { seedSetup } from './seed-setup.ts'
import { seedUsers } from './seed-users.ts'

/** Fills the org from the cast. Histories are made by the very changes that they tell of, so that they end at the present values. */
export function seedOrg(context: SimulatorContext): void {
  context.store.batch(() => {
    seedUsers(context)
    seedSetup(context)
    seedAccounts(context)
    seedPeople(context)
    seedOpportunities(context)
    seedDeleted(context)
    seedBulkLoad(context)
  })
}
