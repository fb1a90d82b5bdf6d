import { existsSync, readdirSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { didYouMean } from '../model/did-you-mean.ts'
import { fileInPlaceOf } from '../model/file-in-place.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { systemWords } from '../model/system-words.ts'
import type { Connector } from './contract.ts'
import { asMissingPackage } from './missing-package.ts'
import { ownConnector } from './own-connector.ts'

/**
 * Where connectors are: the built-in ones beside `src` (or in `dist`), and the project's own in its `connectors/`. A
 * project's connector takes the place of a built-in one of the same name.
 */
export type ConnectorPlace = {
  /** As `connector:` in millrace.yaml says it. */
  readonly name: string
  readonly folder: string
  /** `index.ts`, or `index.js` where it is built. */
  readonly module: string
  /** Its simulator. null: it has none. */
  readonly simulator: string | null
  readonly builtIn: boolean
}

/** Sorted by name. Reads folders, loads nothing. */
export function listConnectors(projectRoot: string): readonly ConnectorPlace[] {
  const places = new Map<string, ConnectorPlace>()
  const own = join(projectRoot, 'connectors')
  for (const place of [...placesIn(builtInFolder, true), ...(own === builtInFolder ? [] : placesIn(own, false))])
    places.set(place.name, place)
  return [...places.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Loads one connector; the vendor's SDK is loaded only when it opens.
 * @throws MillraceError MR-1204 no such connector, MR-1302 a package is missing, MR-1401 not a connector
 */
export async function loadConnector(name: string, projectRoot: string): Promise<Connector> {
  const place = placeOf(name, projectRoot)
  const loaded = await loadModule(place, projectRoot)
  if (!isConnector(loaded)) throw notConnector(place, 'its default export is not what `connector({ … })` makes')
  if (loaded.name !== place.name)
    throw notConnector(place, `it calls itself ${JSON.stringify(loaded.name)}; folder and name must agree`)
  return {
    ...loaded,
    async open(context) {
      try {
        const opened = await loaded.open(context)
        return place.builtIn ? opened : ownConnector(opened, place)
      } catch (error) {
        throw asMissingPackage(error, place.name, projectRoot) ?? error
      }
    },
  }
}

/** Connector name → the file of its simulator, for those that have one. `names` limits it. */
export function loadSimulatorPaths(projectRoot: string, names?: readonly string[]): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  for (const { name, simulator } of listConnectors(projectRoot)) {
    if (simulator && (names?.includes(name) ?? true)) paths.set(name, simulator)
  }
  return paths
}

function placeOf(name: string, projectRoot: string): ConnectorPlace {
  const places = listConnectors(projectRoot)
  const place = places.find((each) => each.name === toName(name))
  if (!place) throw unknownConnector(name, places)
  return place
}

function placesIn(folder: string, builtIn: boolean): readonly ConnectorPlace[] {
  if (!existsSync(folder)) return []
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .flatMap((entry) => {
      const own = join(folder, entry.name)
      const module = firstThatExists(own, 'index')
      return module
        ? [{ name: toName(entry.name), folder: own, module, simulator: firstThatExists(own, 'sandbox'), builtIn }]
        : []
    })
}

/** The file that says what its keys are: its README (of a built-in one beside `dist`, where millrace is installed), else its code. */
export function whereKeysAreTold(name: string, projectRoot: string): string {
  const place = placeOf(name, projectRoot)
  const beside = place.builtIn ? [join(place.folder, '../../../connectors', place.name)] : []
  const readmes = [place.folder, ...beside].map((folder) => join(folder, 'README.md'))
  return readmes.find((path) => existsSync(path)) ?? place.module
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (cause) {
    const unreadable = {
      message: `connectors cannot be read: ${systemWords(cause) ?? String(cause)}`,
      next: 'See who may read it:  ls -ld connectors',
    }
    throw new MillraceError('MR-1101', { ...(fileInPlaceOf('connectors', cause) ?? unreadable), cause })
  }
}

function firstThatExists(folder: string, name: string): string | null {
  return extensions.map((extension) => join(folder, `${name}${extension}`)).find((path) => existsSync(path)) ?? null
}

async function loadModule(place: ConnectorPlace, projectRoot: string): Promise<unknown> {
  try {
    const module: { readonly default?: unknown } = await import(pathToFileURL(place.module).href)
    return module.default
  } catch (error) {
    const missing = asMissingPackage(error, place.name, projectRoot)
    if (missing ?? error instanceof MillraceError) throw missing ?? error
    const message = error instanceof Error ? error.message : String(error)
    throw notConnector(place, `it cannot be loaded: ${message}`, error)
  }
}

function isConnector(value: unknown): value is Connector {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'config' in value &&
    'open' in value &&
    typeof value.open === 'function'
  )
}

function unknownConnector(name: string, places: readonly ConnectorPlace[]): MillraceError {
  const names = places.map((place) => place.name)
  const near = didYouMean(name, names)
  return new MillraceError('MR-1204', {
    message: `There is no connector ${JSON.stringify(name)}${near ? `; did you mean \`${near}\`?` : '.'}`,
    next: [`There are: ${names.join(', ') || 'none'}.`, `One of your own goes into connectors/${name}/index.ts.`],
  })
}

const notConnector = (place: ConnectorPlace, what: string, cause?: unknown) =>
  new MillraceError('MR-1401', {
    message: `Loading the connector ${place.name} from ${place.module}: ${what}.`,
    next: isTakenForCommonJs(cause)
      ? 'Its package.json needs  "type": "module"'
      : `Its default export is what  connector({ … })  from 'millrace' gives.`,
    exit: 2,
    cause,
  })

/** As `npm init` writes package.json. */
const isTakenForCommonJs = (cause: unknown) =>
  cause instanceof SyntaxError && /outside a module|Unexpected token 'export'/.test(cause.message)

/** Folders may be written with dashes; names have underscores. */
const toName = (folder: string) => folder.replaceAll('-', '_')

const builtInFolder = fileURLToPath(new URL('../../connectors', import.meta.url))
const extensions = ['.ts', '.js']
