/** `${env:X}` outside millrace.yaml: nothing looks it up there, and it would go to the vendor as it is written. */
import type { Json } from '../model/json.ts'
import { references } from './secrets.ts'
import type { Report, YamlFile } from './yaml-file.ts'
import type { Path } from './yaml-places.ts'

export function checkReferences(yaml: YamlFile, report: Report): void {
  for (const { path, reference } of referencesIn(yaml.value, []))
    report('MR-1201', {
      message: `\`${path.map(String).join('.')}\` holds the reference \`${reference}\`, which nothing looks up here: it would be taken as it is written`,
      next: 'Write the value itself. References are looked up in the connections and warehouses of millrace.yaml.',
      place: yaml.placeOf(path, 'value'),
    })
}

type Found = { readonly path: Path; readonly reference: string }

function referencesIn(value: Json, path: Path): readonly Found[] {
  if (typeof value === 'string') {
    const [reference] = value.match(references) ?? []
    return reference === undefined ? [] : [{ path, reference }]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([step, part]) => referencesIn(part, [...path, step]))
}
