/** https://docs.snowflake.com/en/sql-reference/sql/create-warehouse */
import { wrongParameter } from '../run/failures.ts'
import type { RunContext } from '../run/run-statement.ts'
import { snowflakeError } from '../sql/snowflake-error.ts'
import type { VirtualWarehouse } from './account.ts'
import { checkObject } from './check-rights.ts'
import { changeObject, createObject, dropObject, wantedObject } from './named-object.ts'
import type { TokenReader } from '../sql/token-reader.ts'
import { readProperties, type Properties } from './statement-words.ts'

export function runWarehouse(context: RunContext, reader: TokenReader): string {
  const { service, session } = context
  const { warehouses } = service.account.state
  const wish = wantedObject(reader, 'WAREHOUSE')
  const name = { database: null, schema: null, name: wish.name }
  const mayChange = (...privileges: readonly string[]) => {
    if (Object.hasOwn(warehouses, wish.name)) checkObject(context, privileges, 'WAREHOUSE', name)
  }
  if (wish.verb === 'DROP') {
    reader.expectEnd()
    mayChange('OWNERSHIP')
    return dropObject(wish, warehouses, () => service.rights.forget('WAREHOUSE', wish.name))
  }
  if (wish.verb === 'ALTER') {
    const { needed, change } = readChange(reader)
    mayChange(needed)
    return changeObject(wish, warehouses, change)
  }
  reader.takeWord('WITH')
  const properties = readWarehouse(reader)
  checkObject(context, ['CREATE WAREHOUSE'], 'ACCOUNT', { ...name, name: 'ACCOUNT' })
  if (wish.orReplace) mayChange('OWNERSHIP')
  const status = createObject(wish, warehouses, () => {
    const warehouse: VirtualWarehouse = {
      name: wish.name,
      size: 'X-Small',
      autoResume: true,
      suspended: false,
      statementTimeout: 0,
    }
    setWarehouse(warehouse, properties)
    service.rights.forget('WAREHOUSE', wish.name)
    service.rights.give(session.role, {
      privilege: 'OWNERSHIP',
      on: 'WAREHOUSE',
      name: wish.name,
      grantor: session.role,
    })
    return warehouse
  })
  // A session moves to what it creates.
  session.warehouse = wish.name
  return status
}

/** The whole statement, before anything of it is done. */
function readChange(reader: TokenReader): {
  readonly needed: string
  readonly change: (warehouse: VirtualWarehouse) => void
} {
  if (reader.takeWord('SUSPEND')) {
    reader.expectEnd()
    return {
      needed: 'OPERATE',
      change: (warehouse) => {
        if (warehouse.suspended) throw invalidState(warehouse.name)
        warehouse.suspended = true
      },
    }
  }
  if (reader.takeWord('RESUME')) {
    const careful = reader.takeWord('IF', 'SUSPENDED')
    reader.expectEnd()
    return {
      needed: 'OPERATE',
      change: (warehouse) => {
        if (!warehouse.suspended && !careful) throw invalidState(warehouse.name)
        warehouse.suspended = false
      },
    }
  }
  reader.expectWord('SET')
  const properties = readWarehouse(reader, { some: true })
  return { needed: 'MODIFY', change: (warehouse) => setWarehouse(warehouse, properties) }
}

function readWarehouse(reader: TokenReader, how: { readonly some?: boolean } = {}): Properties {
  const properties = readProperties(reader, 'WAREHOUSE', warehouseProperties, how)
  const wrong = (key: string, allowed: RegExp, expected: string) => {
    const value = properties[key]
    if (value !== undefined && !allowed.test(value)) throw wrongParameter(key, value, expected)
  }
  const { WAREHOUSE_SIZE: size } = properties
  if (size !== undefined && sizeOf(size) === undefined) throw wrongParameter('WAREHOUSE_SIZE', size, 'a size')
  for (const key of ['AUTO_RESUME', 'INITIALLY_SUSPENDED']) wrong(key, /^(TRUE|FALSE)$/i, 'TRUE or FALSE')
  wrong('AUTO_SUSPEND', /^(\d+|NULL)$/i, 'a number of seconds')
  wrong('STATEMENT_TIMEOUT_IN_SECONDS', /^\d+$/, 'a number of seconds')
  return properties
}

const warehouseProperties =
  `WAREHOUSE_TYPE WAREHOUSE_SIZE RESOURCE_CONSTRAINT GENERATION WAIT_FOR_COMPLETION MAX_CLUSTER_COUNT MIN_CLUSTER_COUNT
  SCALING_POLICY AUTO_SUSPEND AUTO_RESUME INITIALLY_SUSPENDED RESOURCE_MONITOR COMMENT ENABLE_QUERY_ACCELERATION
  QUERY_ACCELERATION_MAX_SCALE_FACTOR MAX_CONCURRENCY_LEVEL STATEMENT_QUEUED_TIMEOUT_IN_SECONDS
  STATEMENT_TIMEOUT_IN_SECONDS`.split(/\s+/)

const invalidState = (name: string) =>
  snowflakeError('090064', '22000', `Invalid state. Warehouse '${name}' cannot be suspended or resumed.`)

function setWarehouse(warehouse: VirtualWarehouse, properties: Properties): void {
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'WAREHOUSE_SIZE') warehouse.size = sizeOf(value) ?? value
    if (key === 'AUTO_RESUME') warehouse.autoResume = value.toUpperCase() === 'TRUE'
    if (key === 'INITIALLY_SUSPENDED') warehouse.suspended = value.toUpperCase() === 'TRUE'
    if (key === 'STATEMENT_TIMEOUT_IN_SECONDS') warehouse.statementTimeout = Number(value)
  }
}

/** As SHOW WAREHOUSES writes it: XXLARGE, X2LARGE and 2X-LARGE are one. */
function sizeOf(value: string): string | undefined {
  const word = value.toUpperCase().replace('-', '')
  const known = sizes[word]
  if (known !== undefined) return known
  const [, xs = '', after = '', before = ''] = /^(?:(X{2,3})|X([2-6])|([2-6])X)LARGE$/.exec(word) ?? []
  const times = xs === '' ? after + before : String(xs.length)
  return times === '' ? undefined : `${times}X-Large`
}

const sizes: { readonly [word: string]: string } = {
  XSMALL: 'X-Small',
  SMALL: 'Small',
  MEDIUM: 'Medium',
  LARGE: 'Large',
  XLARGE: 'X-Large',
}
