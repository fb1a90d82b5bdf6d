import { millraceKeys, targetKeys, warehouseKeys } from './millrace-file.ts'

/** The keys of a connection that hold no secret; of one whose connector nobody knows, none. */
export type OpenKeys = (connection: string) => readonly string[]

/**
 * Whether frames may show the value at a path of millrace.yaml. A key that is not known there may be a secret’s, misspelt; and
 * which of a connection’s keys are secrets its connector alone knows.
 */
export function mayShow(path: readonly string[], openKeys: OpenKeys = () => []): boolean {
  const [top, name, part, ...below] = path
  const isOpen = (connection: string, key: string) =>
    key === 'connector' || key === 'max_runs' || openKeys(connection).includes(key)
  if (name === undefined) return top === undefined || millraceKeys.includes(top)
  if (top === 'connections') return part === undefined || isOpen(name, part)
  if (top !== 'targets' || part === undefined) return true
  const [key, overlaid] = below
  if (part === 'warehouse') return key === undefined || warehouseKeys.includes(key)
  if (part === 'connections') return key === undefined || overlaid === undefined || isOpen(key, overlaid)
  return targetKeys.includes(part)
}
