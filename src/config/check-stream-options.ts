/** The `options` of an ETL sync, as far as it is known without a network what its streams take. What depends on more, plan and run check. */
import type { z } from 'zod'
import { boundWords } from '../model/issue-words.ts'
import { idleOptions, meantOptions } from '../model/meant-options.ts'
import { suggest } from './check-names.ts'
import type { EtlSync, StreamConfig } from './project.ts'
import { isGlob } from './stream-glob.ts'
import type { Report, YamlFile } from './yaml-file.ts'
import type { Path } from './yaml-places.ts'
import { reportIssues } from './zod-findings.ts'

type Checked = {
  readonly schemas: { readonly [stream: string]: z.ZodObject }
  readonly placeOf: (...args: Parameters<YamlFile['placeOf']>) => ReturnType<YamlFile['placeOf']> | undefined
  readonly report: Report
}

export function checkStreamOptions(sync: EtlSync, context: Checked): void {
  // Of a stream by a query, and of a glob, the source says what they are.
  const streams = sync.streams.filter(({ name, query, enabled }) => enabled && query === null && !isGlob(name))
  for (const stream of streams) checkOptions(sync, stream, context)
  const isKnown = sync.streams.every((stream) => !stream.enabled || streams.includes(stream))
  const known = streams.flatMap(({ name }) => namesOf(schemaOf(context, name)))
  if (isKnown && streams.length > 0)
    for (const option of idleOptions(sync.shared.options, known))
      context.report('MR-1208', {
        message: `none of the sync’s streams takes the option \`${option}\`, so it would do nothing`,
        next: suggest(option, known) ?? `Take \`${option}\` out.`,
        place: context.placeOf(['options', option], 'key'),
      })
}

function checkOptions(sync: EtlSync, config: StreamConfig, context: Checked): void {
  const { name, ownOptions } = config
  const { report } = context
  const schema = schemaOf(context, name)
  if (!schema) {
    if (ownOptions.length > 0)
      report('MR-1208', {
        message: `the stream \`${name}\` takes no options, so these would do nothing`,
        next: 'Take `options` out.',
        place: context.placeOf(['streams', name, 'options'], 'key'),
      })
    return
  }
  const given = meantOptions(config, namesOf(schema))
  const at = ['streams', name, 'options']
  const isShared = ([option]: Path) => Object.hasOwn(given, String(option)) && !ownOptions.includes(String(option))
  reportIssues(schema.strict().safeParse(given, { error: boundWords }).error?.issues ?? [], {
    yaml: {
      file: sync.place.file,
      placeOf(path, part) {
        const below = path.slice(at.length)
        return context.placeOf(isShared(below) ? ['options', ...below] : path, part)
      },
    },
    value: given,
    at,
    knownKeys: namesOf(schema),
    report,
  })
}

const schemaOf = ({ schemas }: Checked, stream: string): z.ZodObject | undefined =>
  Object.hasOwn(schemas, stream) ? schemas[stream] : undefined

const namesOf = (schema: z.ZodObject | undefined): readonly string[] => Object.keys(schema?.shape ?? {})
