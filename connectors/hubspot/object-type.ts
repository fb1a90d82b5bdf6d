/**
 * The name of an object in a path. HubSpot documents plurals for its own objects; custom objects go by their
 * `objectTypeId` (`2-123`) or their fully qualified name (`p123_machine`).
 */
export const pathOf = (object: string): string => plurals[object] ?? object

const plurals: { readonly [object: string]: string } = {
  contact: 'contacts',
  company: 'companies',
  deal: 'deals',
  ticket: 'tickets',
  product: 'products',
  line_item: 'line_items',
}
