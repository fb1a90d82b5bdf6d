import type { Engine } from './engine.ts'

/** @param from what stands behind FROM, with its WHERE */
export async function countIn(db: Engine, from: string): Promise<number> {
  const [row] = await db.rows(`SELECT count(*) AS n FROM ${from}`)
  return Number(row?.['n'] ?? 0)
}

export async function isAnyIn(db: Engine, from: string): Promise<boolean> {
  const found = await db.rows(`SELECT 1 AS yes FROM ${from} LIMIT 1`)
  return found.length > 0
}
