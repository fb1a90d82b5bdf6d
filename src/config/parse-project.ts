import { MillraceErrors, type MillraceError } from '../model/millrace-error.ts'
import { checkFields } from './check-fields.ts'
import { checkFileNames } from './check-file-names.ts'
import { checkMillrace, checkSync, type KnownNames } from './check-names.ts'
import { checkReferences } from './check-references.ts'
import { checkSchedules, resolveSchedules, type CheckedProject } from './check-schedules.ts'
import { checkSharedTables } from './check-shared-tables.ts'
import { checkModels, loadModels, type LoadedModels } from './load-models.ts'
import { millraceFile } from './millrace-file.ts'
import { inFileOrder } from './finding-order.ts'
import { findCircle, syncDependencies } from './order-syncs.ts'
import type { Project, Sync } from './project.ts'
import { projectFileName } from './project-paths.ts'
import { readProjectFiles, type ProjectFiles } from './read-project-files.ts'
import { resolveConnections, resolveEtlSync, resolveReverseSync, resolveTargets } from './resolve-project.ts'
import { schedulesFile } from './schedules-file.ts'
import { etlSyncFile, reverseSyncFile } from './sync-file.ts'
import { collectFindings, type Report, type YamlFile } from './yaml-file.ts'
import type { Path } from './yaml-places.ts'
import { parseBySchema } from './zod-findings.ts'

/**
 * The project in `projectRoot`: parsed, checked, defaults filled in. Nothing is resolved that needs a secret or a network.
 * @throws MillraceErrors with every finding at once, in the order of the files
 */
export function parseProject(projectRoot: string, home = projectRoot): Project {
  const { project, findings } = readProject(projectRoot, home)
  if (findings.length > 0) throw new MillraceErrors(findings)
  return project
}

/**
 * As far as it is right, with every finding in the order of the files.
 * @throws MillraceErrors where millrace.yaml is wrong: nobody knows then which warehouse is meant
 */
export function parseWhatIsRight(projectRoot: string, home = projectRoot): ReadProject {
  const read = readProject(projectRoot, home)
  const isKnown = Object.keys(read.project.targets).length > 0
  if (!isKnown || read.findings.some(({ place }) => place?.file === projectFileName))
    throw new MillraceErrors(read.findings)
  return read
}

export type ReadProject = { readonly project: Project; readonly findings: readonly MillraceError[] }

function readProject(projectRoot: string, home: string): ReadProject {
  const findings: MillraceError[] = []
  const report = collectFindings(findings)
  const files = readProjectFiles(projectRoot, report)
  const yamls = [files.millrace, ...files.syncs.map(({ yaml }) => yaml), files.schedules]
  for (const yaml of yamls) {
    if (!yaml) continue
    reportSecrets(yaml, report)
    if (yaml !== files.millrace) checkReferences(yaml, report)
  }

  const main = loadMillrace(files, home, report)
  const loaded = loadModels(files.models, report)
  const { syncs, broken } = loadSyncs(files, report)
  const brokenSyncs = [...files.brokenSyncs, ...broken]
  const known: KnownNames = {
    targets: Object.keys(main.targets),
    connections: main.readable
      ? Object.keys(main.connections)
      : syncs.map((sync) => (sync.kind === 'etl' ? sync.source : sync.destination)),
    syncs: [...syncs.map(({ name }) => name), ...brokenSyncs],
    etlSyncs: [...syncs.filter(({ kind }) => kind === 'etl').map(({ name }) => name), ...brokenSyncs],
    models: loaded.models.map(({ name }) => name),
  }
  if (files.millrace && main.readable) {
    checkMillrace(main, known, { yaml: files.millrace, report })
    checkFileNames({ targets: main.targets, syncs }, { yaml: files.millrace, report })
  }
  const yamlOf = new Map(files.syncs.map(({ name, yaml }) => [name, yaml]))
  for (const sync of syncs) {
    const yaml = yamlOf.get(sync.name)
    if (yaml) checkSync(sync, known, { yaml, report })
  }
  checkSharedTables(syncs, {
    connectorOf: (connection) => main.connections[connection]?.connector,
    streamNames: () => null,
    placeOf: (sync, path) => yamlOf.get(sync.name)?.placeOf(path, 'key'),
    report,
  })
  checkModels(loaded, { syncs, brokenSyncs, report })
  checkSyncCircle({ syncs, loaded, yamlOf, report })
  const schedules = loadSchedules(files.schedules, {
    syncs,
    models: loaded.models,
    // Of a millrace.yaml that cannot be read nobody knows the targets: its own finding is enough.
    targets: main.readable ? main.targets : null,
    brokenSyncs,
    report,
  })

  const { name, defaultTarget, targets, connections } = main
  const { models } = loaded
  return {
    project: { root: projectRoot, home, name, defaultTarget, targets, connections, syncs, models, schedules },
    findings: inFileOrder(findings),
  }
}

type Main = Pick<Project, 'name' | 'defaultTarget' | 'targets' | 'connections'> & { readonly readable: boolean }

function loadMillrace({ millrace }: ProjectFiles, home: string, report: Report): Main {
  const file = millrace && parseBySchema(millraceFile, millrace, report)
  if (!file || !millrace) return { name: '', defaultTarget: '', targets: {}, connections: {}, readable: false }
  return {
    name: file.project,
    defaultTarget: file.default_target,
    targets: resolveTargets(file, millrace, { home, report }),
    connections: resolveConnections(file, millrace),
    readable: true,
  }
}

function loadSyncs(files: ProjectFiles, report: Report): { syncs: readonly Sync[]; broken: readonly string[] } {
  const syncs: Sync[] = []
  const broken: string[] = []
  for (const { name, yaml } of files.syncs) {
    const sync = loadSync(name, yaml, report)
    if (sync) syncs.push(sync)
    else broken.push(name)
  }
  return { syncs, broken }
}

/** `source` makes it ETL, `model` makes it reverse ETL. */
function loadSync(name: string, yaml: YamlFile, report: Report): Sync | undefined {
  const has = (key: string) => typeof yaml.value === 'object' && yaml.value !== null && Object.hasOwn(yaml.value, key)
  if (has('source') && has('model'))
    return void report('MR-1201', {
      message: `${yaml.file} has both \`source\` and \`model\``,
      next: 'A sync goes one way: keep `source` for ETL, or `model` for reverse ETL.',
      place: yaml.placeOf(['model'], 'key'),
    })
  const isReverse = has('model') || (!has('source') && (has('destination') || has('map') || has('object')))
  if (isReverse) {
    const file = parseBySchema(reverseSyncFile, yaml, report)
    return file && resolveReverseSync(file, name, yaml)
  }
  if (!has('source') && !has('streams'))
    return void report('MR-1202', {
      message: `${yaml.file} has neither \`source\` nor \`model\``,
      next: 'Say `source: <connection>` for ETL, or `model: <model>` for reverse ETL.',
      place: yaml.placeOf([], 'key'),
    })
  const file = parseBySchema(etlSyncFile, yaml, report)
  if (file) checkFields(file, { yaml, report })
  return file && resolveEtlSync(file, name, yaml)
}

function loadSchedules(
  yaml: YamlFile | undefined,
  { report, ...context }: CheckedProject & { readonly brokenSyncs: readonly string[]; readonly report: Report },
): Project['schedules'] {
  const file = yaml && parseBySchema(schedulesFile, yaml, report)
  if (file && yaml) checkSchedules(file, context, { yaml, brokenSyncs: context.brokenSyncs, report })
  return resolveSchedules(file ?? schedulesFile.parse({}))
}

/** Through `after`, and through the tables that a reverse sync's model reads. */
function checkSyncCircle(context: {
  syncs: readonly Sync[]
  loaded: LoadedModels
  yamlOf: ReadonlyMap<string, YamlFile>
  report: Report
}): void {
  const circle = findCircle(syncDependencies({ syncs: context.syncs, models: context.loaded.models }))
  if (!circle) return
  const [first = '', second = ''] = circle
  const index = context.syncs.find(({ name }) => name === first)?.after.indexOf(second) ?? -1
  context.report('MR-1207', {
    message: `syncs wait for each other in a circle: ${circle.join(' → ')}`,
    next: 'Take one of these out of `after`. A reverse sync also waits for the syncs whose tables its model reads.',
    place: context.yamlOf.get(first)?.placeOf(index === -1 ? ['model'] : ['after', index], 'value'),
  })
}

function reportSecrets(yaml: YamlFile, report: Report): void {
  for (const { path, reason, place } of yaml.secrets)
    report('MR-1205', {
      message: `\`${path.join('.')}\` holds a secret in the open: ${reason}`,
      next:
        yaml.file === projectFileName
          ? `Write a reference, \`\${env:${variableName(path)}}\` or \`\${file:/run/secrets/…}\`, and change the secret if this was ever committed.`
          : `A secret is a key of a connection in ${projectFileName}, and a reference there. Take it out, and change it if this was ever committed.`,
      place,
    })
}

const variableName = (path: Path) => path.slice(-2).map(String).join('_').toUpperCase().replace(/\W+/g, '_')
