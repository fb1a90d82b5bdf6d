import type { Sync } from '../config/project.ts'
import { renderTable } from '../render/table.ts'
import { openProject } from './open-project.ts'
import type { CommandResult, Shell } from './shell.ts'

export async function listSyncs(shell: Shell): Promise<CommandResult> {
  const project = await openProject(shell)
  if (shell.json) for (const sync of project.syncs) shell.line({ type: 'sync', ...summaryOf(sync) })
  else shell.print(renderTable(columns, project.syncs.map(rowOf), { color: shell.color }))
  return { exitCode: 0 }
}

function summaryOf(sync: Sync) {
  const { name, kind, tags, after, place } = sync
  const ends =
    sync.kind === 'etl'
      ? { source: sync.source, schema: sync.schema, streams: sync.streams.map((stream) => stream.name) }
      : { model: sync.model, destination: sync.destination, object: sync.object, mode: sync.mode }
  return { name, kind, ...ends, tags, after, file: place.file }
}

function rowOf(sync: Sync): readonly string[] {
  const [from, to] =
    sync.kind === 'etl'
      ? [sync.source, `${sync.schema} (${sync.streams.map((stream) => stream.name).join(', ')})`]
      : [`models.${sync.model}`, `${sync.destination} ${sync.object}`]
  return [sync.name, sync.kind === 'etl' ? 'ETL' : 'reverse ETL', from, to, sync.tags.join(', ')]
}

const columns = ['sync', 'kind', 'from', 'to', 'tags']
