/**
 * Takes a person out of everything that millrace keeps: snapshots, intents, rejects, changes, spooled rows and events.
 * Tables that syncs have loaded are the project's own, and the vendors' records the vendors'.
 */
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReverseSync, Sync } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { isExactNumber, parseExact } from '../reverse-etl/exact-number.ts'
import type { Session } from '../warehouse/port.ts'
import type { KeyPlace } from '../warehouse/state-upkeep.ts'
import type { App } from './app.ts'
import { deadBackfills, dropDeadBackfills } from './backfill-spool.ts'
import { buildModel, modelQuery } from './build-models.ts'
import { lookInWarehouse } from './look-in-warehouse.ts'
import { newRunId } from './run-id.ts'
import { leftInSpool, settleSpool } from './settle-spool.ts'
import { stateLeaseNames } from './state-lease-names.ts'
import { underStateLeases } from './under-state-leases.ts'
import { dropDeadVendorFolders } from './vendor-files.ts'
import { writeAudit } from './write-audit.ts'

export type ForgetRequest = {
  readonly key: string
  /** Only what this sync keeps. */
  readonly sync: string | null
  /** Also where the destination is still to be told. */
  readonly dropUnsent: boolean
}

export type Forgetting = {
  readonly places: readonly KeyPlace[]
  /** Syncs whose model has the person still: key and hash of the payload stay, so that it is not sent as new. */
  readonly keepsHash: readonly string[]
  /** What the destination is still to be told. */
  readonly unsent: readonly { readonly sync: string; readonly why: string }[]
  /** Events of runs that tell of the key. */
  readonly events: number
  /** Directories of rows that dead runs left. */
  readonly spool: number
}

/** Looks only. */
export async function findPerson(app: App, request: ForgetRequest): Promise<Forgetting> {
  const runId = newRunId(app.clock.now())
  const found = await lookInRehearsal(app, runId, request)
  const reversed = spooledSyncs(app, request)
  const left = [
    ...(await Promise.all(reversed.map((sync) => leftInSpool(app, sync.name)))).flat(),
    ...(await deadBackfills(app, namesOf(reversed))),
  ]
  const events = await app.store.eraseKey({
    keys: spellings(request.key),
    syncs: request.sync === null ? null : [request.sync],
    dryRun: true,
  })
  return { ...found, events, spool: left.length }
}

/** @throws MillraceError MR-4001 while a run is on that has to do with the person; MR-4008 */
export async function forgetPerson(app: App, request: ForgetRequest, reason: string): Promise<Forgetting> {
  const runId = newRunId(app.clock.now())
  const first = await lookInRehearsal(app, runId, request)
  const spooled: Sync[] = []
  for (const sync of spooledSyncs(app, request)) if ((await leftInSpool(app, sync.name)).length > 0) spooled.push(sync)
  const concerned = app.project.syncs.filter(
    ({ name }) => spooled.some((sync) => sync.name === name) || first.places.some((place) => place.sync === name),
  )
  const names = await stateLeaseNames(app, concerned, runId)
  return underStateLeases(app, { names, runId }, async () => {
    let spool = 0
    const done = await app.warehouse.session({ runId, purpose: 'forget', signal: app.signal }, async (session) => {
      // Answers that a dead run had got are the state, too: they are committed, and then erased with the rest.
      for (const sync of spooled) {
        spool += (await leftInSpool(app, sync.name)).length
        if (sync.kind === 'reverse_etl') await settleSpool(app, session, { sync: sync.name, runId })
      }
      const found = await look(app, session, request)
      if (found.unsent.length > 0 && !request.dropUnsent) throw stillToBeSent(found.unsent)
      const places: KeyPlace[] = []
      for (const { sync, key } of distinct(found.places)) {
        // What was sent and not answered has no hash that anybody could trust.
        const isOpen = found.places.some((place) => place.sync === sync && place.table === 'intents')
        places.push(
          ...(await session.upkeep.eraseKey({ sync, key, keepHash: found.keepsHash.includes(sync) && !isOpen })),
        )
      }
      return { ...found, places }
    })
    for (const sync of spooled) await dropSpool(app, sync, request)
    await dropDeadVendorFolders(app)
    const parts = await dropDeadBackfills(app, namesOf(spooledSyncs(app, request)))
    const events = await app.store.eraseKey({
      keys: spellings(request.key),
      syncs: request.sync === null ? null : [request.sync],
      dryRun: false,
    })
    const forgotten = { ...done, events, spool: spool + parts }
    await writeAudit(app, {
      what: 'forget',
      key_sha256: createHash('sha256').update(request.key).digest('hex'),
      sync: request.sync,
      reason,
      erased: countsOf(forgotten),
      drop_unsent: request.dropUnsent,
    })
    return forgotten
  })
}

/** Rows by table. */
export function countsOf({ places, events, spool }: Forgetting): { readonly [table: string]: number } {
  const counts: { [table: string]: number } = { snapshot: 0, intents: 0, rejects: 0, changes: 0, events, spool }
  for (const { table, rows } of places) counts[table] = (counts[table] ?? 0) + rows
  return counts
}

async function look(
  app: App,
  session: Session,
  { key, sync }: ForgetRequest,
): Promise<Omit<Forgetting, 'events' | 'spool'>> {
  const found = (await session.upkeep.findKey({ keys: spellings(key) })).filter(
    (place) => sync === null || place.sync === sync,
  )
  const places = nearestSpelling(found, spellings(key))
  const keepsHash: string[] = []
  const unsent: { sync: string; why: string }[] = []
  for (const name of new Set(places.map((place) => place.sync))) {
    const own = places.filter((place) => place.sync === name)
    const configured = app.project.syncs.find((each) => each.name === name)
    if (own.some(({ table }) => table === 'intents'))
      unsent.push({ sync: name, why: 'something was sent and not answered' })
    if (configured?.kind !== 'reverse_etl') continue
    const snapshot = own.find(({ table }) => table === 'snapshot')
    const inModel = await isInModel(app, session, { sync: configured, key: own[0]?.key ?? key })
    // What a removal has left there counts for nothing once the person is back, who is still to be sent.
    if (inModel && (snapshot?.state === 'accepted' || snapshot?.state === 'ignored')) keepsHash.push(name)
    // Who left while that was ignored is removed by the next run, now that it is not.
    const isOwed = snapshot?.state === 'accepted' || (snapshot?.state === 'ignored' && !inModel)
    if (configured.onRemoved.kind !== 'ignore' && isOwed)
      unsent.push({
        sync: name,
        why: inModel
          ? `the model ${configured.model} still has the person: once it has not, the destination is to be told`
          : 'the person has left the model, and the destination was not told yet',
      })
  }
  return { places, keepsHash, unsent }
}

/** A model that cannot be read is taken to have everybody. */
async function isInModel(
  app: App,
  session: Session,
  { sync, key }: { readonly sync: ReverseSync; readonly key: string },
): Promise<boolean> {
  try {
    await buildModel(session, { project: app.project, warehouse: app.warehouse, name: sync.model })
    return await session.upkeep.modelHasKey({
      model: modelQuery(app.warehouse, sync.model),
      columns: sync.primaryKey,
      key,
    })
  } catch (error) {
    if (error instanceof MillraceError && error.code !== 'MR-7001') return true
    throw error
  }
}

/** How a key may be stored: as it is, trimmed, in small letters; a list of several as the engine writes it. */
function spellings(key: string): readonly string[] {
  const list = listOf(key)
  const forms = list === null ? [key] : [list, key]
  return [...new Set(forms.flatMap((form) => [form, form.trim(), form.trim().toLowerCase()]))]
}

function listOf(key: string): string | null {
  if (!key.trim().startsWith('[')) return null
  try {
    const parts: unknown = parseExact(key)
    if (!Array.isArray(parts)) return null
    return JSON.stringify(
      parts.map((part: unknown) =>
        typeof part === 'string' ? part : isExactNumber(part) ? part.rawJSON : String(part),
      ),
    )
  } catch {
    return null
  }
}

/** Where a sync has the key as it was given, one that differs in case is somebody else. */
function nearestSpelling(places: readonly KeyPlace[], keys: readonly string[]): readonly KeyPlace[] {
  return [...new Set(places.map(({ sync }) => sync))].flatMap((sync) => {
    const own = places.filter((place) => place.sync === sync)
    const nearest = keys.find((key) => own.some((place) => place.key === key))
    return own.filter(({ key }) => key === nearest)
  })
}

const spooledSyncs = (app: App, { sync }: ForgetRequest): readonly Sync[] =>
  app.project.syncs.filter(({ name }) => sync === null || name === sync)

/** Whole pages and changes of a run that died: who stands in them cannot be told without reading them. */
async function dropSpool(app: App, sync: Sync, { dropUnsent }: ForgetRequest): Promise<void> {
  if (sync.kind === 'reverse_etl' && !dropUnsent) return
  await rm(join(app.spoolDir, sync.name), { recursive: true, force: true })
}

const namesOf = (syncs: readonly Sync[]) => syncs.map(({ name }) => name)

/** What is looked at leaves no trace. Where nothing was ever loaded, nobody is known. */
const lookInRehearsal = (app: App, runId: string, request: ForgetRequest): ReturnType<typeof look> =>
  lookInWarehouse(
    app,
    { runId, purpose: 'forget', signal: app.signal },
    { look: (session) => look(app, session, request), nothing: { places: [], keepsHash: [], unsent: [] } },
  )

const distinct = (places: readonly KeyPlace[]) => [
  ...new Map(places.map(({ sync, key }) => [`${sync}\0${key}`, { sync, key }])).values(),
]

const stillToBeSent = (unsent: Forgetting['unsent']) =>
  new MillraceError('MR-4008', {
    message: `There is something of this person that a destination is still to be told: ${unsent.map(({ sync, why }) => `${sync}: ${why}`).join('; ')}.`,
    kept: 'Nothing was erased.',
    next: [
      `millrace sync run ${[...new Set(unsent.map(({ sync }) => sync))].join(' ')}   once the models do not have the person any more`,
      '--drop-unsent   erases it all the same; the destination is not told',
    ],
  })
