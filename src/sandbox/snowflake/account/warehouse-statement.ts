/** https://docs.snowflake.com/en/sql-reference/sql/create-warehouse */
import type { RunContext } from '../run/run-statement.ts'
import { snowflakeError } from '../sql/snowflake-error.ts'
import type { VirtualWarehouse } from './account.ts'
import { checkObject } from './check-rights.ts'
import { changeObject, createObject, dropObject, wantedObject } from './named-object.ts'
import type { TokenReader } from '../sql/token-reader.ts'
import { readProperties } from './statement-words.ts'

export function runWarehouse(context: RunContext, reader: TokenReader): string {
  const { service, session } = context
  const { warehouses } = service.account.state
  const wish = wantedObject(reader, 'WAREHOUSE')
  const name = { database: null, schema: null, name: wish.name }
  if (wish.verb === 'CREATE') {
    checkObject(context, ['CREATE WAREHOUSE'], 'ACCOUNT', { ...name, name: 'ACCOUNT' })
    reader.takeWord('WITH')
    const status = createObject(wish, warehouses, () => {
      const warehouse: VirtualWarehouse = {
        name: wish.name,
        size: 'X-Small',
        autoResume: true,
        suspended: false,
        statementTimeout: 0,
      }
      setWarehouse(warehouse, readProperties(reader))
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
  if (wish.verb === 'DROP') {
    if (Object.hasOwn(warehouses, wish.name)) checkObject(context, ['OWNERSHIP'], 'WAREHOUSE', name)
    return dropObject(wish, warehouses)
  }
  return changeObject(wish, warehouses, (warehouse) => {
    const needed = reader.isWord('SET') ? ['MODIFY'] : ['OPERATE']
    checkObject(context, needed, 'WAREHOUSE', name)
    alterWarehouse(warehouse, reader)
  })
}

function alterWarehouse(warehouse: VirtualWarehouse, reader: TokenReader): void {
  if (reader.takeWord('SUSPEND')) {
    if (warehouse.suspended) throw invalidState(warehouse.name)
    warehouse.suspended = true
    return
  }
  if (reader.takeWord('RESUME')) {
    const careful = reader.takeWord('IF', 'SUSPENDED')
    if (!warehouse.suspended && !careful) throw invalidState(warehouse.name)
    warehouse.suspended = false
    return
  }
  reader.expectWord('SET')
  setWarehouse(warehouse, readProperties(reader))
}

const invalidState = (name: string) =>
  snowflakeError('090064', '22000', `Invalid state. Warehouse '${name}' cannot be suspended or resumed.`)

function setWarehouse(warehouse: VirtualWarehouse, properties: { readonly [key: string]: string }): void {
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'WAREHOUSE_SIZE') warehouse.size = sizes[value.toUpperCase().replace('-', '')] ?? value
    if (key === 'AUTO_RESUME') warehouse.autoResume = value.toUpperCase() === 'TRUE'
    if (key === 'INITIALLY_SUSPENDED') warehouse.suspended = value.toUpperCase() === 'TRUE'
    if (key === 'STATEMENT_TIMEOUT_IN_SECONDS') warehouse.statementTimeout = Number(value)
  }
}

const sizes: { readonly [word: string]: string } = {
  XSMALL: 'X-Small',
  SMALL: 'Small',
  MEDIUM: 'Medium',
  LARGE: 'Large',
  XLARGE: 'X-Large',
}
