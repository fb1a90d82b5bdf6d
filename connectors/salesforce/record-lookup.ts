import type { DestinationObject } from 'millrace'
import type { DescribeSObjectResult } from './describe.ts'

type RecordLookup = NonNullable<DestinationObject['recordLookup']>

/**
 * `Account: { lookup: { object: Account, by: External_Id__c, column: … } }` is the field `Account.External_Id__c`, and of a
 * lookup that may point at several objects `Contact:Who.External_Id__c`. The lookup's own name (AccountId) will do, too.
 */
export const recordLookup =
  (described: DescribeSObjectResult, fields: DestinationObject['fields']): RecordLookup =>
  ({ field, object, by }) => {
    const lookup = described.fields.find(
      ({ name, relationshipName, referenceTo }) =>
        (name === field || relationshipName === field) && referenceTo?.includes(object),
    )
    const name = `${lookup?.relationshipName ?? ''}.${by}`
    return lookup && [name, `${object}:${name}`].find((each) => Object.hasOwn(fields, each))
  }
