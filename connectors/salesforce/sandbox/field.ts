/** A field of the simulator's objects, and short ways to write one down. Only what differs from the usual is said. */
export type SalesforceType =
  | 'id'
  | 'string'
  | 'textarea'
  | 'picklist'
  | 'reference'
  | 'boolean'
  | 'int'
  | 'double'
  | 'currency'
  | 'percent'
  | 'date'
  | 'datetime'
  | 'email'
  | 'phone'
  | 'url'
  | 'address'
  | 'anyType'

export type Field = {
  readonly name: string
  readonly type: SalesforceType
  /** Characters. 0 where it does not apply. */
  readonly length: number
  readonly precision: number
  readonly scale: number
  readonly nillable: boolean
  readonly createable: boolean
  readonly updateable: boolean
  readonly filterable: boolean
  readonly defaultedOnCreate: boolean
  readonly externalId: boolean
  readonly unique: boolean
  readonly nameField: boolean
  readonly idLookup: boolean
  readonly calculatedFormula: string | null
  readonly referenceTo: readonly string[]
  readonly relationshipName: string | null
  readonly compoundFieldName: string | null
  readonly picklist: readonly string[] | null
  readonly restricted: boolean
  /** Its changes are written to the object's history. */
  readonly tracked: boolean
}

type Extra = Partial<Omit<Field, 'name' | 'type'>>

export const readOnly = { createable: false, updateable: false } as const
/** Set by Salesforce itself, never empty. */
export const system = { ...readOnly, nillable: false, defaultedOnCreate: true } as const

export const text = (name: string, length: number, extra: Extra = {}) => field(name, 'string', { length, ...extra })
export const area = (name: string, length: number, extra: Extra = {}) =>
  // Long text areas cannot be filtered, and short ones can.
  field(name, 'textarea', { length, filterable: length <= 255, ...extra })
export const picklist = (name: string, values: readonly string[], extra: Extra = {}) =>
  field(name, 'picklist', { length: 255, picklist: values, ...extra })
export const boolean = (name: string, extra: Extra = {}) =>
  field(name, 'boolean', { nillable: false, defaultedOnCreate: true, ...extra })
export const integer = (name: string, extra: Extra = {}) => field(name, 'int', extra)
export const double = (name: string, precision: number, scale: number, extra: Extra = {}) =>
  field(name, 'double', { precision, scale, ...extra })
export const currency = (name: string, precision: number, scale: number, extra: Extra = {}) =>
  field(name, 'currency', { precision, scale, ...extra })
export const percent = (name: string, extra: Extra = {}) => field(name, 'percent', { precision: 3, scale: 0, ...extra })
export const date = (name: string, extra: Extra = {}) => field(name, 'date', extra)
export const datetime = (name: string, extra: Extra = {}) => field(name, 'datetime', extra)
export const email = (name: string, extra: Extra = {}) => field(name, 'email', { length: 80, ...extra })
export const phone = (name: string, extra: Extra = {}) => field(name, 'phone', { length: 40, ...extra })
export const url = (name: string, extra: Extra = {}) => field(name, 'url', { length: 255, ...extra })
export const anyType = (name: string) => field(name, 'anyType', { filterable: false, ...readOnly })
export const reference = (
  name: string,
  to: string | readonly string[],
  relationshipName: string | null,
  extra: Extra = {},
) =>
  field(name, 'reference', { length: 18, referenceTo: typeof to === 'string' ? [to] : to, relationshipName, ...extra })

/** Street to country, the geocode, and the compound field over them: `Billing` → BillingStreet … BillingAddress. */
export const addressFields = (prefix: string): readonly Field[] => {
  const part = { compoundFieldName: `${prefix}Address` }
  return [
    area(`${prefix}Street`, 255, part),
    text(`${prefix}City`, 40, part),
    text(`${prefix}State`, 80, part),
    text(`${prefix}PostalCode`, 20, part),
    text(`${prefix}Country`, 80, part),
    double(`${prefix}Latitude`, 18, 15, part),
    double(`${prefix}Longitude`, 18, 15, part),
    picklist(`${prefix}GeocodeAccuracy`, geocodeAccuracies, { ...part, length: 40, restricted: true }),
    field(`${prefix}Address`, 'address', { ...readOnly, filterable: true }),
  ]
}

export const idField = field('Id', 'id', { length: 18, ...system, idLookup: true })
export const isDeleted = boolean('IsDeleted', { ...system })
export const auditFields: readonly Field[] = [
  datetime('CreatedDate', system),
  reference('CreatedById', 'User', 'CreatedBy', system),
  datetime('LastModifiedDate', system),
  reference('LastModifiedById', 'User', 'LastModifiedBy', system),
  datetime('SystemModstamp', system),
]

export function field(name: string, type: SalesforceType, extra: Extra = {}): Field {
  return {
    name,
    type,
    length: 0,
    precision: 0,
    scale: 0,
    nillable: true,
    createable: true,
    updateable: true,
    filterable: true,
    defaultedOnCreate: false,
    externalId: false,
    unique: false,
    nameField: false,
    idLookup: false,
    calculatedFormula: null,
    referenceTo: [],
    relationshipName: null,
    compoundFieldName: null,
    picklist: null,
    restricted: false,
    tracked: false,
    ...extra,
  }
}

export const isDecimal = (type: SalesforceType) => type === 'double' || type === 'currency' || type === 'percent'
export const isText = (type: SalesforceType) =>
  type === 'string' ||
  type === 'textarea' ||
  type === 'picklist' ||
  type === 'email' ||
  type === 'phone' ||
  type === 'url'

const geocodeAccuracies = [
  'Address',
  'NearAddress',
  'Block',
  'Street',
  'ExtendedZip',
  'Zip',
  'Neighborhood',
  'City',
  'County',
  'State',
  'Unknown',
]
