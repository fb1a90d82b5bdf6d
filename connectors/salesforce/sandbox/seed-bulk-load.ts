import type { SimulatorContext } from 'millrace/sandbox'
import { instant } from './org.ts'

/**
 * A job of Salesforce itself touched most contacts in one second: SystemModstamp moved, LastModifiedDate did not. More rows
 * than a page holds have the same stamp, so that a reader that pages by the stamp alone never gets past them.
 * https://help.salesforce.com/s/articleView?id=000385625&type=1
 */
export function seedBulkLoad({ world, store }: SimulatorContext): void {
  const random = world.random('salesforce bulk load')
  const at = instant(new Date(world.epoch.getTime() - monthMs))
  for (const [id, contact] of Array.from(store.all('Contact'))) {
    const touched = random.chance(0.7)
    if (touched && contact['IsDeleted'] !== true && String(contact['SystemModstamp']) < at)
      store.put('Contact', id, { ...contact, SystemModstamp: at })
  }
}

const monthMs = 30 * 86_400_000
