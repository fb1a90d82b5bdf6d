import type { JsonObject } from 'millrace'
import type { ObjectType } from './objects.ts'
import { userId } from './seed-users.ts'

/**
 * Active rules are applied to what REST creates and updates, unless the request says FALSE.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_autoassign.htm
 */
export const assignsOwners = (request: Request): boolean =>
  request.headers.get('sforce-auto-assign')?.toUpperCase() !== 'FALSE'

/** The org's only active rule gives every lead to one of the staff, whatever owner the row has. */
export const assignedOwner = (object: ObjectType): JsonObject => (object.name === 'Lead' ? { OwnerId: userId(1) } : {})
