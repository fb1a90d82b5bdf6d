import { lstatSync, readdirSync, readFileSync, statSync, type Dirent } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { insideProject, projectFileName, showPath } from './project-paths.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { fileInPlaceOf } from '../model/file-in-place.ts'
import { systemWords } from '../model/system-words.ts'
import { warehouseTypes } from './model-files.ts'
import type { ModelFile } from './project.ts'
import { parseYamlFile, type Report, type YamlFile } from './yaml-file.ts'

export type ProjectFiles = {
  readonly millrace: YamlFile | undefined
  /** By sync name, in the order of the names. */
  readonly syncs: readonly { readonly name: string; readonly yaml: YamlFile }[]
  /** Names of syncs whose file is there but cannot be parsed: they count as defined. */
  readonly brokenSyncs: readonly string[]
  readonly models: readonly NamedModelFile[]
  readonly schedules: YamlFile | undefined
}

/** `name.sql`, or a warehouse's own `name.snowflake.sql`. */
export type NamedModelFile = Pick<ModelFile, 'file' | 'sql' | 'warehouse'> & { readonly name: string }

/**
 * Reads whatever belongs to the project. What cannot be read or parsed is reported, and left out. Many small files that
 * everything waits for: read at once, without a trip through the thread pool for each.
 */
export function readProjectFiles(root: string, report: Report): ProjectFiles {
  const reader = { root, report }
  const millrace = readYaml(reader, projectFileName)
  const syncs = []
  const brokenSyncs = []
  for (const { name, file } of listNamed(reader, entriesOf(reader, 'syncs'), ['.yaml', '.yml'])) {
    const yaml = readYaml(reader, file)
    if (yaml) syncs.push({ name, yaml })
    else brokenSyncs.push(name)
  }
  const models = []
  for (const { name, file, warehouse } of listModels(reader)) {
    const sql = readText(reader, file)
    if (sql !== undefined) models.push({ name, file, sql, warehouse })
  }
  const schedules = isThere(root, 'schedules.yaml') ? readYaml(reader, 'schedules.yaml') : undefined
  return { millrace, syncs, brokenSyncs, models, schedules }
}

type Reader = { readonly root: string; readonly report: Report }

function readYaml(reader: Reader, file: string): YamlFile | undefined {
  const text = readText(reader, file)
  return text === undefined ? undefined : parseYamlFile(text, file, reader.report)
}

function readText({ root, report }: Reader, file: string): string | undefined {
  const path = insideProject(root, file)
  if (!path)
    return void report('MR-1206', {
      message: `${file} is a link to a file outside the project`,
      next: 'Copy the file into the project.',
    })
  const bytes = readBytes({ root, report }, file, path)
  if (bytes === undefined) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    return void report('MR-1101', { message: `${file} is not UTF-8 text`, next: 'Save it as UTF-8.', cause })
  }
}

function readBytes({ root, report }: Reader, file: string, path: string): Buffer | undefined {
  try {
    const stat = statSync(path)
    if (!stat.isFile())
      return void report('MR-1101', {
        message: `${file} is ${stat.isDirectory() ? 'a folder' : 'no ordinary file'}, and has the name of a file of the project`,
        next: 'Rename it, or move it elsewhere.',
      })
    if (stat.size > maxFileBytes)
      return void report('MR-1102', {
        message: `${file} has ${stat.size.toLocaleString('en')} bytes; 1,000,000 are allowed`,
      })
    return readFileSync(path)
  } catch (cause) {
    return void reportUnreadable({ root, report }, file, cause)
  }
}

function reportUnreadable({ root, report }: Reader, file: string, cause: unknown): void {
  const isLink = lstatSync(join(root, file), { throwIfNoEntry: false })?.isSymbolicLink() === true
  report('MR-1101', {
    message: `${file}${isLink ? ', which is a link,' : ''} cannot be read: ${systemWords(cause) ?? String(cause)}`,
    next: isLink ? 'Mend the link, or remove it.' : `See who may read it:  ls -l ${file}`,
    cause,
  })
}

/** A link that leads nowhere is there. */
const isThere = (root: string, file: string) => lstatSync(join(root, file), { throwIfNoEntry: false }) !== undefined

/** By name; of one model the file for all warehouses first. */
function listModels(reader: Reader): readonly Omit<NamedModelFile, 'sql'>[] {
  const entries = entriesOf(reader, 'models')
  const found = [null, ...warehouseTypes].flatMap((warehouse) =>
    listNamed(reader, entries, [warehouse === null ? '.sql' : `.${warehouse}.sql`]).map((each) => ({
      ...each,
      warehouse,
    })),
  )
  const folders = new Map<string, string>()
  for (const { name, file } of found) {
    const first = folders.get(name) ?? file
    folders.set(name, first)
    if (dirname(first) !== dirname(file))
      reader.report('MR-1201', {
        message: `${first} and ${file} are one model, \`${name}\`, and stand in different folders`,
        next: `Move ${basename(file)} to ${dirname(first)}, or rename it.`,
      })
  }
  return found.sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1))
}

/** Of what is in a folder and its subfolders; the file's name is the sync's or model's name and there is only one of each. */
function listNamed(
  { root, report }: Reader,
  entries: readonly Dirent[],
  extensions: readonly string[],
): { name: string; file: string }[] {
  const files = entries
    .filter(({ name }) => !name.startsWith('.'))
    // A folder that is named like a file is told when it is read.
    .filter((entry) => !entry.isDirectory() || extensions.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => showPath(root, join(entry.parentPath, entry.name)))
    .sort()
  const named = new Map<string, string>()
  for (const file of files) {
    const extension = extensions.find((ending) => file.toLowerCase().endsWith(ending))
    if (!extension) continue
    const name = basename(file).slice(0, -extension.length)
    const earlier = named.get(name)
    // It is taken with the extension of its own.
    if (extension === '.sql' && warehouseTypes.some((type) => name.toLowerCase().endsWith(`.${type}`))) continue
    const isName = /^[a-z_][a-z0-9_]*$/.test(name)
    if (!isName || !file.endsWith(extension))
      report('MR-1201', {
        message: isName
          ? `${file} would be left out: its ending is not in lower case`
          : `${file}: the file’s name becomes a name in the warehouse, and takes lower-case letters, digits and \`_\` only`,
        next: renaming(betterName(name, extension), files),
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

function entriesOf(reader: Reader, folder: string): readonly Dirent[] {
  if (!isThere(reader.root, folder)) return []
  try {
    return readdirSync(join(reader.root, folder), { recursive: true, withFileTypes: true })
  } catch (cause) {
    const isFile = fileInPlaceOf(folder, cause)
    if (isFile) reader.report('MR-1101', isFile)
    else reportUnreadable(reader, folder, cause)
    return []
  }
}

const renaming = (better: string, files: readonly string[]): string =>
  files.some((file) => basename(file) === better)
    ? `There is a ${better} already: give it another name, or remove one of the two.`
    : `Rename it to ${better}.`

function betterName(name: string, extension: string): string {
  const [model = '', warehouse = '', ...more] = name.split('.')
  const meant = extension === '.sql' && more.length === 0 ? didYouMean(warehouse, warehouseTypes) : undefined
  const words = (meant === undefined ? name : model).toLowerCase().replace(/\W+/g, '_')
  return `${words}${meant === undefined ? '' : `.${meant}`}${extension}`
}

const maxFileBytes = 1_000_000
