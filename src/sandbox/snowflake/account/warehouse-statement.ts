/** https://docs.snowflake.com/en/sql-reference/sql/create-warehouse */
import type { RunContext } from '../run/run-statement.ts'
import { snowflakeError } from '../sql/snowflake-error.ts'
import type { VirtualWarehouse } from './account.ts'
import { checkObject } from './check-rights.ts'
import { changeObject, createObject, dropObject, wantedObject } from './named-object.ts'
import type { Words } from './statement-words.ts'

export function runWarehouse(context: RunContext, words: Words): string {
  const { service, session } = context
  const { warehouses } = service.account.state
  const wish = wantedObject(words, 'WAREHOUSE')
  const name = { database: null, schema: null, name: wish.name }
  if (wish.verb === 'CREATE') {
    checkObject(context, ['CREATE WAREHOUSE'], 'ACCOUNT', { ...name, name: 'ACCOUNT' })
    words.take('WITH')
    const status = createObject(wish, warehouses, () => {
      const warehouse: VirtualWarehouse = {
        name: wish.name,
        size: 'X-Small',
        autoResume: true,
        suspended: false,
        statementTimeout: 0,
      }
      setWarehouse(warehouse, words.properties())
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
    const needed = words.is('SET') ? ['MODIFY'] : ['OPERATE']
    checkObject(context, needed, 'WAREHOUSE', name)
    alterWarehouse(warehouse, words)
  })
}

function alterWarehouse(warehouse: VirtualWarehouse, words: Words): void {
  if (words.take('SUSPEND')) {
    if (warehouse.suspended) throw invalidState(warehouse.name)
    warehouse.suspended = true
    return
  }
  if (words.take('RESUME')) {
    const careful = words.take('IF', 'SUSPENDED')
    if (!warehouse.suspended && !careful) throw invalidState(warehouse.name)
    warehouse.suspended = false
    return
  }
  words.expect('SET')
  setWarehouse(warehouse, words.properties())
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
