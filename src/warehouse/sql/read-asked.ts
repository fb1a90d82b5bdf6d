import type { Engine } from './engine.ts'

/** What scopes of a stream were asked for, as JSON. */
export type AskedRow = { readonly stream: string; readonly json: string }

/** Each once, by stream, the live scope first: a backfill may have thousands of parts, which were most often asked for the same. */
export async function readAsked(db: Engine, where: string): Promise<readonly AskedRow[]> {
  const part = db.quote('partition')
  const rows = await db.rows(
    `SELECT stream, asked FROM (SELECT stream, ${db.jsonMember('marks', 'asked')} AS asked, ${part} FROM _millrace.cursors WHERE ${where}) AS s ` +
      `WHERE asked IS NOT NULL GROUP BY stream, asked ORDER BY stream, min(${part})`,
  )
  return rows.map(({ stream, asked }) => ({ stream: stream ?? '', json: asked ?? '' }))
}
