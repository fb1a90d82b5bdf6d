import { recordId } from './encode-change.ts'

/**
 * The name of an object in a path. HubSpot documents plurals for its own objects; custom objects go by their
 * `objectTypeId` (`2-123`) or their fully qualified name (`p123_machine`).
 */
export const pathOf = (object: string): string => plurals[object] ?? object

/** An address finds a contact, and is held unique without being described so. */
export const isEmailOf = (object: string, property: string): boolean =>
  property === 'email' && pathOf(object).replace('0-1', 'contacts') === 'contacts'

/**
 * Where a record has the other values, with semicolons, by which HubSpot finds it too: the ids of those that were merged into
 * it (asked for one of them, HubSpot answers with this record), a contact's further addresses.
 */
export function aliasProperty(object: string, property: string): string | undefined {
  if (property === recordId) return 'hs_merged_object_ids'
  return isEmailOf(object, property) ? 'hs_additional_emails' : undefined
}

const plurals: { readonly [object: string]: string } = {
  contact: 'contacts',
  company: 'companies',
  deal: 'deals',
  ticket: 'tickets',
  product: 'products',
  line_item: 'line_items',
}
