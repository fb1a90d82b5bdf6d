/**
 * The properties that this portal has: those of HubSpot that matter to a sync, and a few of its own.
 * https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide
 */
export type Property = {
  readonly name: string
  readonly label: string
  readonly type: 'string' | 'number' | 'bool' | 'date' | 'datetime' | 'enumeration' | 'phone_number'
  readonly fieldType: string
  readonly options: readonly string[]
  readonly unique: boolean
  readonly readOnly: boolean
  readonly calculated: boolean
  readonly own: boolean
  /** Options that HubSpot keeps elsewhere: owners. */
  readonly externalOptions: boolean
}

export type ObjectType = {
  /** As the store has it. */
  readonly name: string
  readonly objectTypeId: string
  /** What stands for it in a path. */
  readonly names: readonly string[]
  readonly scope: string
  /** The property that HubSpot itself holds unique. */
  readonly primary: string | null
  readonly properties: ReadonlyMap<string, Property>
}

export const objectTypes: readonly ObjectType[] = [
  describeType({
    name: 'contact',
    objectTypeId: '0-1',
    names: ['contacts', 'contact', '0-1'],
    scope: 'crm.objects.contacts',
    primary: 'email',
    properties: [
      text('email'),
      text('firstname'),
      text('lastname'),
      text('jobtitle'),
      text('company'),
      text('website'),
      text('country'),
      { ...text('phone'), type: 'phone_number', fieldType: 'phonenumber' },
      lifecycleStage(),
      choice('hs_lead_status', ['NEW', 'OPEN', 'IN_PROGRESS', 'UNQUALIFIED']),
      { ...choice('hubspot_owner_id', []), externalOptions: true },
      readOnly(bool('hs_email_optout')),
      readOnly({ ...text('hs_email_domain'), calculated: true }),
      readOnly({ ...choice('hs_additional_emails', []), fieldType: 'checkbox' }),
      own({ ...text('person_id'), unique: true }),
      own(choice('account_status', ['active', 'trialing', 'past_due', 'churned', 'prospect'])),
      own({ ...choice('interests', ['chocolate', 'strawberry', 'vanilla']), fieldType: 'checkbox' }),
      own(number('score')),
      own(number('mrr')),
      own(date('trial_ends_on')),
      own({ ...date('last_seen_at'), type: 'datetime' }),
      own(bool('is_customer')),
      own(bool('sms_opt_out')),
    ],
  }),
  describeType({
    name: 'company',
    objectTypeId: '0-2',
    names: ['companies', 'company', '0-2'],
    scope: 'crm.objects.companies',
    primary: null,
    properties: [
      text('name'),
      text('domain'),
      lifecycleStage(),
      text('city'),
      text('country'),
      text('phone'),
      choice('industry', ['COMPUTER_SOFTWARE', 'RETAIL', 'BANKING', 'MANUFACTURING', 'MEDIA_PRODUCTION']),
      number('numberofemployees'),
      number('annualrevenue'),
      { ...choice('hubspot_owner_id', []), externalOptions: true },
      readOnly({ ...number('num_associated_contacts'), calculated: true }),
      own({ ...text('account_ref'), unique: true }),
      own(number('arr')),
    ],
  }),
  describeType({
    name: 'deal',
    objectTypeId: '0-3',
    names: ['deals', 'deal', '0-3'],
    scope: 'crm.objects.deals',
    primary: null,
    properties: [
      text('dealname'),
      number('amount'),
      { ...date('closedate'), type: 'datetime' },
      choice('dealstage', ['appointmentscheduled', 'qualifiedtobuy', 'contractsent', 'closedwon', 'closedlost']),
      choice('pipeline', ['default']),
      readOnly({ ...number('hs_projected_amount'), calculated: true }),
      own({ ...text('deal_ref'), unique: true }),
    ],
  }),
  describeType({
    name: 'machine',
    objectTypeId: '2-7001',
    names: ['2-7001', 'p14520000_machine', 'machine'],
    scope: 'crm.objects.custom',
    primary: null,
    properties: [own({ ...text('serial_number'), unique: true }), own(text('model')), own(date('installed_on'))],
  }),
]

export const findType = (name: string): ObjectType | undefined =>
  objectTypes.find(({ names }) => names.includes(name.toLowerCase()))

/** May it stand as `idProperty`? Updates do not take a contact's email, upserts and readings do. */
export const isIdProperty = (type: ObjectType, name: string, isUpdate = false): boolean =>
  type.properties.get(name)?.unique === true || (!isUpdate && name === type.primary)

/** As the properties API shows it. */
export function renderProperty(property: Property, displayOrder: number) {
  const { name, label, type, fieldType, options, unique, readOnly: isReadOnly, calculated, externalOptions } = property
  return {
    updatedAt: '2024-01-15T09:00:00.000Z',
    createdAt: '2024-01-15T09:00:00.000Z',
    name,
    label,
    type,
    fieldType,
    description: '',
    groupName: property.own ? 'millrace' : 'information',
    options: options.map((value, order) => ({ label: value, value, displayOrder: order, hidden: false })),
    displayOrder,
    calculated,
    externalOptions,
    archived: false,
    hasUniqueValue: unique,
    hidden: false,
    hubspotDefined: !property.own,
    modificationMetadata: {
      archivable: property.own,
      readOnlyDefinition: !property.own,
      readOnlyOptions: !property.own,
      readOnlyValue: isReadOnly,
    },
    formField: !isReadOnly,
    dataSensitivity: 'non_sensitive',
  }
}

function describeType({
  properties,
  ...type
}: Omit<ObjectType, 'properties'> & { readonly properties: readonly Property[] }): ObjectType {
  const all = [
    ...properties,
    readOnly({ ...number('hs_object_id'), calculated: true }),
    readOnly({ ...choice('hs_merged_object_ids', []), fieldType: 'checkbox' }),
    readOnly({ ...date('createdate'), type: 'datetime' }),
    readOnly({ ...date('hs_lastmodifieddate'), type: 'datetime' }),
  ]
  return { ...type, properties: new Map(all.map((property) => [property.name, property])) }
}

function text(name: string): Property {
  return {
    name,
    label: name,
    type: 'string',
    fieldType: 'text',
    options: [],
    unique: false,
    readOnly: false,
    calculated: false,
    own: false,
    externalOptions: false,
  }
}

function choice(name: string, options: readonly string[]): Property {
  return { ...text(name), type: 'enumeration', fieldType: 'select', options }
}

/** In the order in which a record may move. */
function lifecycleStage(): Property {
  return choice('lifecyclestage', ['subscriber', 'lead', 'opportunity', 'customer', 'evangelist', 'other'])
}

function number(name: string): Property {
  return { ...text(name), type: 'number', fieldType: 'number' }
}

function date(name: string): Property {
  return { ...text(name), type: 'date', fieldType: 'date' }
}

function bool(name: string): Property {
  return { ...text(name), type: 'bool', fieldType: 'booleancheckbox', options: ['true', 'false'] }
}

function readOnly(property: Property): Property {
  return { ...property, readOnly: true }
}

function own(property: Property): Property {
  return { ...property, own: true }
}
