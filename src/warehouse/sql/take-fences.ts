/** Who may commit for a scope from now on: its epoch is raised, and whoever had it before is late. */
import { MillraceError } from '../../model/millrace-error.ts'
import type { Scope, TakenFence } from '../port.ts'
import { refuseNewerForm } from './cursor-row.ts'
import type { Engine } from './engine.ts'
import { fenceRowsWithForms, scopeCells, scopeIs } from './fence.ts'

/** In one transaction, so that a run of many streams waits for one commit. Tells of each scope what it is now, and was before. */
export async function raiseEpochs(
  db: Engine,
  scopes: readonly Scope[],
  runId: string,
): Promise<(scope: Scope) => Omit<TakenFence, keyof Scope>> {
  const before = new Map<string, { readonly epoch: number; readonly runId: string }>()
  await db.transaction(async () => {
    for (let at = 0; at < scopes.length; at += scopesAtOnce) {
      const some = scopes.slice(at, at + scopesAtOnce)
      const { touched, rows } = await db.lockAndLook({
        // A row that is not there locks nothing: who makes one holds the seeded row, which everybody can update.
        locks: [lockSeeded(db)],
        select: fenceRowsWithForms(db, some.map((scope) => scopeIs(db, scope)).join(' OR ')),
        change: raiseSql(db, some, runId),
      })
      if (touched === 0) throw notSeeded()
      for (const { stream, part, epoch, owner, form } of rows) {
        // Before anything is committed: whoever understands the cursor keeps the right to go on.
        refuseNewerForm(form, { sync: some[0]?.sync ?? '', stream })
        before.set(JSON.stringify([stream, part]), { epoch, runId: owner })
      }
    }
  })
  return ({ stream, partition }) => {
    const previous = before.get(JSON.stringify([stream, partition])) ?? null
    return { epoch: (previous?.epoch ?? 0) + 1, runId, previous }
  }
}

function raiseSql(db: Engine, scopes: readonly Scope[], runId: string): string {
  const mine = scopes.map((scope) => {
    const cells = { ...scopeCells(db, scope), owner: db.text(runId), taken_at: db.now }
    return `SELECT ${Object.entries(cells)
      .map(([name, value]) => `${value} AS ${db.quote(name)}`)
      .join(', ')}`
  })
  const key = ['sync', 'stream', 'partition'].map(db.quote)
  const names = [...key, ...['owner', 'taken_at'].map(db.quote)]
  return (
    `MERGE INTO _millrace.fences AS t USING (${mine.join(' UNION ALL ')}) AS m ` +
    `ON ${key.map((name) => `t.${name} = m.${name}`).join(' AND ')} ` +
    `WHEN MATCHED THEN UPDATE SET epoch = t.epoch + 1, owner = m.owner, taken_at = m.taken_at ` +
    `WHEN NOT MATCHED THEN INSERT (epoch, ${names.join(', ')}) VALUES (1, ${names.map((name) => `m.${name}`).join(', ')})`
  )
}

/** In one statement. */
const scopesAtOnce = 100

/** Whoever is still at it loses the right to commit. */
export async function endFences(db: Engine, sync: string, owner: string, stream: string | null = null): Promise<void> {
  await db.run(
    `UPDATE _millrace.fences SET epoch = epoch + 1, owner = ${db.text(owner)} WHERE sync = ${db.text(sync)}` +
      (stream === null ? '' : ` AND stream = ${db.text(stream)}`),
  )
}

export async function lockSeededRow(db: Engine): Promise<void> {
  const seeded = await db.run(lockSeeded(db))
  if (seeded.rowsChanged === 0) throw notSeeded()
}

const lockSeeded = (db: Engine): string =>
  `UPDATE _millrace.fences SET taken_at = ${db.now} WHERE sync = '' AND stream = ''`

/** Two runners that begin an empty database at once may both have seeded it: rows that are updated together are one lock. */
const notSeeded = () =>
  new MillraceError('MR-2001', {
    message: '_millrace.fences holds no seeded row any more: somebody has edited it.',
    next: `Insert ('', '', '', 0, '', current_timestamp), and run again.`,
  })
