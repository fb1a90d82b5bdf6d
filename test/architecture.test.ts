/** The rules that no tool knows: which room may import which (docs: src is rooms, arrows point one way), and our manners. */
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/** Room → the rooms whose files it may import, besides its own and `model`. A room that is not here fails the test. */
const rooms: { readonly [room: string]: readonly string[] } = {
  model: [],
  duckdb: [],
  template: [],
  config: ['template'],
  connector: [],
  staging: ['duckdb'],
  warehouse: ['duckdb'],
  state: [],
  // The Snowflake simulator answers from a DuckDB.
  sandbox: ['duckdb'],
  render: [],
  etl: ['config', 'connector', 'staging', 'warehouse'],
  'reverse-etl': ['config', 'connector', 'template', 'warehouse'],
  schedule: ['config', 'state'],
  backfill: ['config', 'etl', 'warehouse'],
  app: ['backfill', 'config', 'connector', 'etl', 'reverse-etl', 'sandbox', 'schedule', 'state', 'warehouse'],
  cli: ['app', 'config', 'render', 'schedule'],
  // The public entries: what authors of connectors, tests and simulators import.
  'index.ts': ['connector'],
  'testing.ts': ['connector', 'sandbox'],
  'sandbox.ts': ['sandbox'],
}

/** Built by `app` and nobody else. */
const adapters = ['src/warehouse/duckdb/', 'src/warehouse/snowflake/', 'src/state/sqlite/', 'src/state/redis/']

/** Makes a redacted copy of an SDK's error, as the cause of one of ours; throws nothing. */
const errorCopies = ['src/connector/redact.ts']

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = globSync(['src/**/*.ts', 'connectors/**/*.ts'], { cwd: root })
  .map((file) => file.split(sep).join('/'))
  .sort()
const textOf = (file: string) => readFileSync(`${root}/${file}`, 'utf8')

type Import = { readonly file: string; readonly of: string; readonly to: string }

/** What the file imports: for relative ones the path from the root, else the name as it stands. */
function importsOf(file: string): readonly Import[] {
  const code = withoutComments(textOf(file))
  const found = [
    ...code.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g),
  ]
  return found.map((match) => {
    const of = match[1] ?? match[2] ?? ''
    return { file, of, to: of.startsWith('.') ? posix.join(dirname(file), of) : of }
  })
}

const imports = sources.flatMap(importsOf)
const roomOf = (path: string) => path.split('/')[1] ?? ''
const show = ({ file, of }: Import) => `${file} imports ${of}`

describe('the arrows between the rooms of src', () => {
  test('every room is in the table, and no arrow that nobody goes', () => {
    expect(
      [...new Set(sources.filter((file) => file.startsWith('src/')).map(roomOf))].filter((room) => !(room in rooms)),
    ).toEqual([])
    const gone = new Set(
      imports.flatMap(({ file, to }) =>
        file.startsWith('src/') && to.startsWith('src/') ? [`${roomOf(file)} → ${roomOf(to)}`] : [],
      ),
    )
    const arrows = Object.entries(rooms).flatMap(([from, intos]) => intos.map((into) => `${from} → ${into}`))
    expect(arrows.filter((arrow) => !gone.has(arrow))).toEqual([])
  })

  test('point the way of the table', () => {
    const wrong = imports.filter(({ file, to }) => {
      if (!file.startsWith('src/') || !to.startsWith('src/')) return false
      const [from, into] = [roomOf(file), roomOf(to)]
      return from !== into && into !== 'model' && !rooms[from]?.includes(into)
    })
    expect(wrong.map(show)).toEqual([])
  })

  test('make no circle', () => {
    const circles = Object.keys(rooms).filter((room) => reaches(rooms[room] ?? [], room))
    expect(circles).toEqual([])
  })

  test('lead to an adapter only from app', () => {
    const wrong = imports.filter(({ file, to }) =>
      adapters.some((adapter) => to.startsWith(adapter) && roomOf(file) !== roomOf(adapter) && roomOf(file) !== 'app'),
    )
    expect(wrong.map(show)).toEqual([])
  })

  test('src imports no connector, no test, and not itself by its public name', () => {
    const wrong = imports.filter(
      ({ file, to }) =>
        file.startsWith('src/') &&
        (/^millrace(\/|$)/.test(to) || /^(connectors|test|bench)\//.test(to) || to.startsWith('..')),
    )
    expect(wrong.map(show)).toEqual([])
  })
})

describe('a connector', () => {
  const packages = JSON.parse(textOf('package.json')) as { optionalDependencies: { [name: string]: string } } // our own file
  const allowed = new Set(['millrace', 'hono', ...Object.keys(packages.optionalDependencies)])
  const inSandbox = (file: string) => /^connectors\/[^/]+\/sandbox[./-]/.test(file)

  test('imports millrace, its own folder, its vendor’s package, node and hono, and nothing else', () => {
    const wrong = imports.filter(({ file, to }) => {
      if (!file.startsWith('connectors/')) return false
      if (to.startsWith('node:') || allowed.has(packageOf(to)))
        return to.startsWith('millrace/') && !(to === 'millrace/sandbox' && inSandbox(file))
      return !to.startsWith(file.split('/').slice(0, 2).join('/') + '/')
    })
    expect(wrong.map(show)).toEqual([])
  })
})

describe('manners', () => {
  test('what is thrown is a MillraceError, never a bare Error', () => {
    const bare = sources.filter(
      (file) => !errorCopies.includes(file) && /\bnew Error\(/.test(withoutComments(textOf(file))),
    )
    expect(bare).toEqual([])
  })

  test('a file is called after its concept', () => {
    const vague = sources.filter(
      (file) =>
        /^(utils?|helpers?|common|misc|manager|shared|types)\.ts$/.test(basename(file)) ||
        !/^[a-z0-9.-]+$/.test(basename(file)),
    )
    expect(vague).toEqual([])
  })

  test('no file outgrows 300 lines', () => {
    const long = sources
      .map((file) => [file, textOf(file).split('\n').length - 1] as const)
      .filter(([, lines]) => lines > 300)
    expect(long).toEqual([])
  })

  test('a cast has its reason beside it', () => {
    const silent = sources.flatMap((file) =>
      textOf(file)
        .split('\n')
        .flatMap((line, index, lines) =>
          isSilentCast(line, lines[index - 1] ?? '') ? [`${file}:${index + 1} ${line.trim()}`] : [],
        ),
    )
    expect(silent).toEqual([])
  })

  test('nothing names a place on the machine that it was written on', () => {
    const files = globSync(
      [
        '{src,connectors,bin,scripts,docs,syncs,models,transforms,ops}/**/*.{ts,js,md,yaml,sql,json}',
        '*.{json,md,yaml}',
      ],
      { cwd: root },
    )
    const naming = files.filter(
      (file) => basename(file) !== 'package-lock.json' && /\/(work|home|Users)\/[a-z]/.test(textOf(file)),
    )
    expect(naming.map((file) => relative('.', file))).toEqual([])
  })
})

function reaches(from: readonly string[], goal: string, seen = new Set<string>()): boolean {
  return from.some((room) => room === goal || (!seen.has(room) && reaches(rooms[room] ?? [], goal, seen.add(room))))
}

const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')

/** `x as T` with no comment on its line or on the one above. Renamed imports and `as const` are no casts. */
function isSilentCast(line: string, before: string): boolean {
  const code = line.replace(/'(?:[^'\\]|\\.)*'|`[^`]*`|\/[^/\s](?:[^/\\]|\\.)*\/[a-z]*/g, "''")
  if (/^\s*(\/\/|\/?\*)/.test(code) || /\/\//.test(line) || /\*\/|\/\//.test(before)) return false
  return (
    /[\w)\]}>'"]\s+as\s+(?!const\b)(?:[A-Z]|unknown\b|never\b|string\b|number\b|boolean\b|readonly\b|keyof\b|typeof\b|\{)/.test(
      code,
    ) && !/^\s*(import|export)\b.*\bfrom\b/.test(line)
  )
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}
