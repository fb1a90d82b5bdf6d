/** A field that a stream asks for and leaves out: one of the two was not meant. */
import type { EtlSyncFile } from './sync-file.ts'
import type { Report, YamlFile } from './yaml-file.ts'
import type { Path } from './yaml-places.ts'

/** A stream’s own `exclude` may take a field from what the sync includes; its own `include` may not be taken back unseen. */
export function checkFields(file: EtlSyncFile, context: { readonly yaml: YamlFile; readonly report: Report }): void {
  refuseBoth({ include: file.include, exclude: file.exclude, at: [] }, context)
  for (const [name, { include, exclude }] of Object.entries(file.streams))
    refuseBoth({ include, exclude: exclude ?? file.exclude, at: ['streams', name], inherited: !exclude }, context)
}

type Fields = {
  readonly include: readonly string[] | undefined
  readonly exclude: readonly string[] | undefined
  readonly at: Path
  /** `exclude` is the sync’s, for all of its streams. */
  readonly inherited?: boolean
}

function refuseBoth(
  { include = [], exclude = [], at, inherited = false }: Fields,
  { yaml, report }: { readonly yaml: YamlFile; readonly report: Report },
): void {
  const excluded = new Set(exclude)
  for (const [index, field] of include.entries()) {
    if (!excluded.has(field) || include.indexOf(field) !== index) continue
    report('MR-1201', {
      message: `\`${field}\` stands in \`include\` and in ${inherited ? 'the sync’s ' : ''}\`exclude\``,
      next: inherited
        ? 'Leave it out of `include`, or give the stream an `exclude` of its own.'
        : 'Take it out of one of them.',
      place: yaml.placeOf([...at, 'include', index], 'value'),
    })
  }
}
