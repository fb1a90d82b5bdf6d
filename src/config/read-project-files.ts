import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { insideProject, projectFileName, showPath } from './project-paths.ts'
import { parseYamlFile, type Report, type YamlFile } from './yaml-file.ts'

export type ProjectFiles = {
  readonly millrace: YamlFile | undefined
  /** By sync name, in the order of the names. */
  readonly syncs: readonly { readonly name: string; readonly yaml: YamlFile }[]
  /** Names of syncs whose file is there but cannot be parsed: they count as defined. */
  readonly brokenSyncs: readonly string[]
  readonly models: readonly { readonly name: string; readonly file: string; readonly sql: string }[]
  readonly schedules: YamlFile | undefined
}

/** Reads whatever belongs to the project. What cannot be read or parsed is reported, and left out. */
export async function readProjectFiles(root: string, report: Report): Promise<ProjectFiles> {
  const reader = { root, report }
  const millrace = await readYaml(reader, projectFileName)
  const syncs = []
  const brokenSyncs = []
  for (const { name, file } of await listNamed(reader, 'syncs', ['.yaml', '.yml'])) {
    const yaml = await readYaml(reader, file)
    if (yaml) syncs.push({ name, yaml })
    else brokenSyncs.push(name)
  }
  const models = []
  for (const { name, file } of await listNamed(reader, 'models', ['.sql'])) {
    const sql = await readText(reader, file)
    if (sql !== undefined) models.push({ name, file, sql })
  }
  const schedules = (await exists(join(root, 'schedules.yaml'))) ? await readYaml(reader, 'schedules.yaml') : undefined
  return { millrace, syncs, brokenSyncs, models, schedules }
}

type Reader = { readonly root: string; readonly report: Report }

async function readYaml(reader: Reader, file: string): Promise<YamlFile | undefined> {
  const text = await readText(reader, file)
  return text === undefined ? undefined : parseYamlFile(text, file, reader.report)
}

async function readText({ root, report }: Reader, file: string): Promise<string | undefined> {
  const path = insideProject(root, file)
  if (!path)
    return void report('MR-1206', {
      message: `${file} is a link to a file outside the project`,
      next: 'Copy the file into the project.',
    })
  const { size } = await stat(path)
  if (size > maxFileBytes)
    return void report('MR-1102', { message: `${file} has ${size.toLocaleString('en')} bytes; 1,000,000 are allowed` })
  const bytes = await readFile(path)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    return void report('MR-1101', { message: `${file} is not UTF-8 text`, next: 'Save it as UTF-8.', cause })
  }
}

/** The files of a folder and its subfolders; the file's name is the sync's or model's name and there is only one of each. */
async function listNamed(
  { root, report }: Reader,
  folder: string,
  extensions: readonly string[],
): Promise<{ name: string; file: string }[]> {
  if (!(await exists(join(root, folder)))) return []
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => showPath(root, join(entry.parentPath, entry.name)))
    .sort()
  const named = new Map<string, string>()
  for (const file of files) {
    const extension = extensions.find((ending) => file.endsWith(ending))
    if (!extension) continue
    const name = basename(file, extension)
    const earlier = named.get(name)
    if (/\.(snowflake|duckdb)$/.test(name))
      report('MR-1211', {
        message: `${file}: a model per warehouse is planned and not built yet`,
        next: `Write ${file.replace(/\.\w+\.sql$/, '.sql')} only.`,
      })
    else if (!/^[a-z_][a-z0-9_]*$/.test(name))
      report('MR-1201', {
        message: `${file}: the file’s name becomes a name in the warehouse, and takes lower-case letters, digits and \`_\` only`,
        next: `Rename it to ${name.toLowerCase().replace(/\W+/g, '_')}${extension}.`,
      })
    else if (earlier !== undefined)
      report('MR-1201', {
        message: `${earlier} and ${file} have the same name, \`${name}\``,
        next: 'Rename one of them.',
      })
    else named.set(name, file)
  }
  return [...named].map(([name, file]) => ({ name, file })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

const maxFileBytes = 1_000_000
