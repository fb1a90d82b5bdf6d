import type { JsonObject } from 'millrace'

/** What the org's formula gives for a record, computed in doubles when it is read. */
export function employeesPerSite(record: JsonObject): number | null {
  const employees = record['NumberOfEmployees']
  return typeof employees === 'number' ? employees / 3 : null
}
