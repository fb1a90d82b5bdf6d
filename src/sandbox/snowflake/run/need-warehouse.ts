/** Whatever reads or writes rows runs on a virtual warehouse: https://docs.snowflake.com/en/user-guide/warehouses-overview */
import { noWarehouse } from './failures.ts'
import type { RunContext } from './run-statement.ts'

export function needWarehouse({ service, session, query }: RunContext): void {
  const warehouse = session.warehouse === null ? undefined : service.account.state.warehouses[session.warehouse]
  // Another role may have come since it was chosen, or its right be gone.
  if (!warehouse || !service.rights.mayUse(session.role, 'WAREHOUSE', warehouse.name)) throw noWarehouse()
  const fault = service.faults.play('suspended_warehouse', { method: 'WAREHOUSE', path: query.sql })
  if (fault || (warehouse.suspended && !warehouse.autoResume)) throw noWarehouse()
  if (!warehouse.suspended) return
  warehouse.suspended = false
  service.account.save()
}
