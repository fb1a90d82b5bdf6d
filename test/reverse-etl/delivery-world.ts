/** One history's model, vendor and sync, as the steps of its story leave them. */
import type { ReverseSync } from '../../src/config/project.ts'
import type { Change } from '../../src/model/change.ts'
import type { Stage } from './delivery-stage.ts'
import { ids, mailOf, mapOf, owners, spelled, type Config, type Step, type Story } from './delivery-story.ts'
import { jobObject, makeVendor, readableObject, type Record, type Vendor } from './vendor.ts'
import { defaultSync, modelOf, type Person } from './world.ts'

let played = 0

export class DeliveryWorld {
  readonly stage: Stage
  readonly story: Story
  readonly vendor: Vendor = makeVendor({ batch: { rows: 3, bytes: 100_000, rowBytes: 10_000 } })
  readonly people = new Map<string, Person>(ids.map((id) => [id, { id, name: 'n0', plan: 'p0', opted_out: false }]))
  readonly gone = new Set(ids.slice(6))
  /** Records that deliveries have written, since the state last forgot them. */
  readonly ours = new Set<string>()
  /** Records of which a baseline has said that they are as the model says. */
  readonly believed = new Set<string>()
  name = `people${++played}`
  model: Pick<Step, 'emptied' | 'twice' | 'owner'> = { emptied: false, twice: null, owner: 'o0' }
  normalise: Config['normalise'] = 'lower'
  takesBad = true

  constructor(stage: Stage, story: Story) {
    this.stage = stage
    this.story = story
    const { vendor } = this
    if (story.jobs) Object.assign(vendor.object, jobObject(vendor))
    if (story.mode === 'update')
      for (const id of ids.slice(0, 4)) vendor.records.set(story.byMail ? `${id}@x` : id, { id })
    vendor.records.set = (name, record) => {
      this.ours.add(name)
      this.believed.delete(name)
      return this.write(name, record)
    }
    vendor.beforeWrite = async (changes) => {
      for (const { key, fields } of changes)
        if (fields['name'] === 'bad' && !this.takesBad && !vendor.faults.has(key))
          vendor.faults.set(key, { kind: 'reject' })
    }
  }

  edit(id: string, change: Step['edits'][number]['change'], { normalise }: Config): void {
    const { byMail, mode } = this.story
    if (change === 'leave') this.gone.add(id)
    else if (change === 'return') this.gone.delete(id)
    // Where case is heeded that is another record; and an insert sends no other spelling.
    else if (!('upper' in change) || byMail || (normalise === 'lower' && mode !== 'insert'))
      this.people.set(id, { ...this.people.get(id), ...change, id })
  }

  /** Somebody at the vendor. */
  optOut(id: string): void {
    const record = this.vendor.records.get(this.record(id))
    if (record) this.write(this.record(id), { ...record, unsubscribed: true })
  }

  write(name: string, record: Record): Map<string, Record> {
    return Map.prototype.set.call(this.vendor.records, name, record)
  }

  key(id: string): string {
    return this.normalise === 'lower' && !this.story.byMail ? id : spelled(this.people.get(id) ?? { id })
  }

  /** How the vendor finds it. */
  record(id: string): string {
    return this.story.byMail ? mailOf(this.people.get(id) ?? { id }).toLowerCase() : this.key(id)
  }

  offer({ normalise, isReadable, takesBad }: Config): void {
    const { vendor, story } = this
    if (normalise !== this.normalise && !story.byMail) {
      const now = new Map(
        [...vendor.records].map(([name, { id }]) => [name, normalise === 'lower' ? name.toLowerCase() : String(id)]),
      )
      const records = [...vendor.records]
      vendor.records.clear()
      for (const [name, record] of records) this.write(now.get(name) ?? name, record)
      for (const names of [this.ours, this.believed]) {
        const were = [...names]
        names.clear()
        for (const name of were) names.add(now.get(name) ?? (normalise === 'lower' ? name.toLowerCase() : name))
      }
    }
    this.normalise = normalise
    this.takesBad = takesBad
    this.stage.offer({
      ...vendor.object,
      concurrency: story.concurrency,
      match: { id: { normalise, unique: false }, email: { normalise: 'lower' } },
      preview: (changes) => [{ method: 'POST', path: '/', body: told(changes), docs: 'https://vendor.example/docs' }],
      ...(isReadable && readableObject(vendor)),
    })
  }

  rows(): readonly Person[] {
    return this.model.emptied ? [] : [...this.people.values()].filter(({ id }) => !this.gone.has(String(id)))
  }

  models(): { readonly [name: string]: string } {
    const rows = this.rows().flatMap((row) => (row.id === this.model.twice ? [row, row] : [row]))
    const people = rows.map((row) => ({ ...row, id: spelled(row), email: mailOf(row) }))
    const columns = { id: 'VARCHAR', email: 'VARCHAR', name: 'VARCHAR', plan: 'VARCHAR', opted_out: 'BOOLEAN' }
    return { people: modelOf({ columns, people }), owners: owners(this.model.owner) }
  }

  sync(config: Config): ReverseSync {
    const { story } = this
    const other = story.mode === 'upsert' ? 'update' : 'upsert'
    const onRemoved = config.ignoresRemoved ? ({ kind: 'ignore' } as const) : story.onRemoved
    const limit = (guard: Config['guard']) => (config.guard === guard ? { rows: 0 } : { fraction: 100 })
    return {
      ...defaultSync,
      name: this.name,
      destination: 'toy',
      match: story.byMail ? 'email' : 'id',
      mode: config.inOtherMode ? other : story.mode,
      map: mapOf(config, story),
      onRemoved,
      optOutRemoval: story.optOutRemoval && onRemoved.kind !== 'ignore',
      parkAfter: config.parkAfter,
      onInvalidKeys: config.onInvalidKeys,
      changesRetentionMs: 1e13,
      limits: {
        maxAdded: limit('max_added'),
        maxChanged: limit('max_changed'),
        maxRemoved: limit('max_removed'),
        onEmpty: config.guard === 'on_empty' ? 'stop' : 'proceed',
      },
    }
  }
}

/** What a request says, as JSON. */
export const told = (changes: readonly Change[]) =>
  JSON.parse(JSON.stringify(changes.map(({ op, key, fields }) => ({ op, key, fields })))) as {
    op: string
    key: string
  }[] // of plain cells
