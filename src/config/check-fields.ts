/** A field that a stream asks for and leaves out: one of the two was not meant. */
import type { EtlSyncFile } from './sync-file.ts'
import type { Report, YamlFile } from './yaml-file.ts'
import type { Path } from './yaml-places.ts'

/** A stream’s own `exclude` may take a field from what the sync includes; its own `include` may not be taken back unseen. */
export function checkFields(file: EtlSyncFile, context: { readonly yaml: YamlFile; readonly report: Report }): void {
  refuseBoth({ include: file.include, exclude: file.exclude, at: [] }, context)
  for (const [name, { include, exclude }] of Object.entries(file.streams))
    refuseBoth({ include, exclude, inherited: file.exclude, at: ['streams', name] }, context)
}

type Fields = {
  readonly include: readonly string[] | undefined
  readonly exclude: readonly string[] | undefined
  /** What the sync leaves out of all its streams. */
  readonly inherited?: readonly string[] | undefined
  readonly at: Path
}

function refuseBoth(
  { include = [], exclude = [], inherited = [], at }: Fields,
  { yaml, report }: { readonly yaml: YamlFile; readonly report: Report },
): void {
  for (const [index, field] of include.entries()) {
    const isOwn = exclude.includes(field)
    if ((!isOwn && !inherited.includes(field)) || include.indexOf(field) !== index) continue
    report('MR-1201', {
      message: `\`${field}\` stands in \`include\` and in ${isOwn ? '' : 'the sync’s '}\`exclude\``,
      next: isOwn
        ? 'Take it out of one of them.'
        : 'Leave it out of `include`, or move it from the sync’s `exclude` to the streams that are to go without it.',
      place: yaml.placeOf([...at, 'include', index], 'value'),
    })
  }
}
