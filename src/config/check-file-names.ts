/** A DuckDB file goes by its name in SQL: where a schema has the same one, DuckDB cannot tell `crm.x` of the two apart. */
import { basename } from 'node:path'
import type { Project, Sync } from './project.ts'
import type { Report, YamlFile } from './yaml-file.ts'

export function checkFileNames(
  { targets, syncs }: { readonly targets: Project['targets']; readonly syncs: readonly Sync[] },
  { yaml, report }: { yaml: YamlFile; report: Report },
): void {
  for (const { name, warehouse } of Object.values(targets)) {
    if (warehouse.type !== 'duckdb') continue
    const file = basename(warehouse.path)
    const stem = file.replace(/\.[^.]*$/, '').toLowerCase()
    const sync = syncs.find((each) => each.kind === 'etl' && each.schema.toLowerCase() === stem)
    if (sync?.kind !== 'etl') continue
    report('MR-1201', {
      message: `the warehouse file of the target \`${name}\` (${file}) and the schema of the sync \`${sync.name}\` have the same name, \`${sync.schema}\`, and DuckDB cannot tell them apart`,
      next: `Give the file another name in \`path\`, or say another \`schema:\` in ${sync.place.file}.`,
      place: yaml.placeOf(['targets', name, 'warehouse', 'path'], 'value'),
    })
  }
}
