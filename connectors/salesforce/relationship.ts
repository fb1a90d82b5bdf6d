import { MillraceError, type Change, type DestinationField, type FieldValue } from 'millrace'
import type { DescribeSObjectResult, Field } from './describe.ts'
import { fieldType } from './field-type.ts'

/**
 * A lookup that is filled by a field of the other record: `Account.External_Id__c`, and `Account:What.External_Id__c` where
 * the lookup may point at several objects.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/relationship_fields_in_a_header_row__2_0.htm
 */
export type Relationship = {
  /** As it is mapped, and as a CSV's header has it. */
  readonly name: string
  readonly relationshipName: string
  /** The other record's object, where it has to be said. */
  readonly type: string | null
  /** The field of the other record. */
  readonly target: string
  /** The lookup itself, which holds an Id. */
  readonly lookup: Field
}

/** The relationship that a field's name means. undefined: it is a plain field, or nothing that this object has. */
export function relationshipOf(object: DescribeSObjectResult, name: string): Relationship | undefined {
  const [, type = null, relationshipName = '', target = ''] = /^(?:(\w+):)?(\w+)\.(\w+)$/.exec(name) ?? []
  const lookup = lookups(object).find((field) => field.relationshipName === relationshipName)
  return lookup && { name, relationshipName, type, target, lookup }
}

/** The objects that this one's writable lookups point at. */
export function parentNames(object: DescribeSObjectResult): readonly string[] {
  return [...new Set(lookups(object).flatMap((field) => field.referenceTo ?? []))].sort()
}

/** What can be mapped of the lookups: every indexed field of every object that they may point at. */
export function relationshipFields(
  object: DescribeSObjectResult,
  parents: ReadonlyMap<string, DescribeSObjectResult>,
): { readonly [name: string]: DestinationField } {
  const fields: { [name: string]: DestinationField } = {}
  for (const lookup of lookups(object))
    for (const name of lookup.referenceTo ?? []) {
      const prefix = isPolymorphic(lookup) ? `${name}:` : ''
      for (const target of parents.get(name)?.fields ?? [])
        if ((target.externalId || target.idLookup) && target.type !== 'id')
          fields[`${prefix}${lookup.relationshipName}.${target.name}`] = {
            type: fieldType(target) ?? 'string',
            nullable: lookup.nillable,
            ...(target.length > 0 && { maxLength: target.length }),
          }
    }
  return fields
}

/** @throws MillraceError MR-1209 where one lookup is filled in two ways, or with a field that this operation cannot set */
export function checkFields(object: DescribeSObjectResult, match: string, changes: readonly Change[]): void {
  const known = new Map(object.fields.map((field) => [field.name, field]))
  const checked = new Set<string>()
  for (const change of changes) {
    const names = Object.keys(change.fields)
    const shape = `${change.op} ${names.join()}`
    if (checked.has(shape)) continue
    checked.add(shape)
    const filled = new Set<string>()
    for (const name of names) {
      const field = relationshipOf(object, name)?.lookup ?? known.get(name)
      if (!field) continue
      if (filled.has(field.name)) throw refuse(object, `${field.name} is filled twice, once of them by ${name}`)
      filled.add(field.name)
      if (name === match || name === 'Id' || change.op === 'delete') continue
      if (change.op === 'insert' && !field.createable) throw refuse(object, `${name} cannot be set on a new record`)
      if (change.op !== 'insert' && change.op !== 'upsert' && !field.updateable)
        throw refuse(object, `${name} can be set on a new record only, and \`${change.op}\` makes none`)
    }
  }
}

/** Can it be set on a new record only? */
export function isFixed(object: DescribeSObjectResult, name: string): boolean {
  const field = relationshipOf(object, name)?.lookup ?? object.fields.find((each) => each.name === name)
  return field !== undefined && field.createable && !field.updateable && field.name !== 'Id'
}

/** As a record's JSON has it. An empty relationship empties the lookup: by the other record nothing can be named. */
export function nestRelationship(relationship: Relationship, value: FieldValue): readonly [string, unknown] {
  const { lookup, relationshipName, target, type } = relationship
  if (isEmpty(value)) return [lookup.name, null]
  return [relationshipName, { ...(type !== null && { attributes: { type } }), [target]: value }]
}

/** Salesforce has no empty text. */
export const isEmpty = (value: FieldValue | undefined): boolean =>
  value === null || (typeof value === 'string' && value.trim() === '')

const lookups = (object: DescribeSObjectResult): readonly Field[] =>
  object.fields.filter(
    (field) => field.type === 'reference' && field.relationshipName && (field.createable || field.updateable),
  )

const isPolymorphic = (lookup: Field) => (lookup.referenceTo ?? []).length > 1

const refuse = (object: DescribeSObjectResult, what: string) =>
  new MillraceError('MR-1209', {
    message: `Writing to Salesforce: ${object.name}: ${what}.`,
    kept: 'Nothing was sent.',
    next: `Take it out of the sync's map, or map it another way.`,
  })
