import { millraceKeys, targetKeys, warehouseKeys } from './millrace-file.ts'

/** The keys of a connection that hold no secret; of one whose connector nobody knows, none. */
export type OpenKeys = (connection: string) => readonly string[]

/**
 * Whether frames and messages may show the text or number that stands at a path of millrace.yaml: only behind a key that is known
 * there. Behind another one, also where a key stands for a name (as after a slip of the indentation), it may be a secret; and which
 * of a connection’s keys are secrets its connector alone knows.
 */
export function mayShow(path: readonly string[], openKeys: OpenKeys = () => []): boolean {
  const [top = '', ...below] = path
  if (below.length === 0) return millraceKeys.includes(top)
  if (top === 'connections') return isOpen(below, openKeys)
  const [, key = '', ...inTarget] = below
  if (top !== 'targets' || !targetKeys.includes(key)) return false
  if (inTarget.length === 0) return true
  if (key === 'connections') return isOpen(inTarget, openKeys)
  return key === 'warehouse' && warehouseKeys.includes(inTarget[0] ?? '')
}

function isOpen([connection = '', key = '', ...deeper]: readonly string[], openKeys: OpenKeys): boolean {
  const isOurs = key === 'connector' || key === 'max_runs'
  return isOurs ? deeper.length === 0 : openKeys(connection).includes(key)
}
