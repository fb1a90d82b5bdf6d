import { lookupsOf } from './lookups.ts'
import type { Model, Project, ReverseSync, Sync } from './project.ts'

/**
 * The syncs in an order in which each comes after those that it needs; among equals, by name. A circle does not get past
 * loading; should one be there, its members follow in the order of their names.
 */
export function orderSyncs(project: Project, syncs: readonly Sync[]): readonly Sync[] {
  const needs = syncDependencies(project)
  const waiting = new Map([...syncs].sort(byName).map((sync) => [sync.name, sync]))
  const ordered: Sync[] = []
  while (waiting.size > 0) {
    const isReady = (sync: Sync) =>
      !(needs.get(sync.name) ?? []).some((name) => name !== sync.name && waiting.has(name))
    const next = [...waiting.values()].find(isReady) ?? [...waiting.values()][0]
    if (!next) break
    waiting.delete(next.name)
    ordered.push(next)
  }
  return ordered
}

/** Sync → the syncs that go before it: its `after`, and for reverse ETL those whose tables its models read, through refs too. */
export function syncDependencies(project: Pick<Project, 'syncs' | 'models'>): ReadonlyMap<string, readonly string[]> {
  const known = dependenciesOf.get(project)
  if (known) return known
  const byModel = byNameOf(project.models)
  const dependencies = new Map(
    project.syncs.map((sync) => {
      const models = sync.kind === 'reverse_etl' ? modelsOf(sync) : []
      const sources = models.flatMap((model) => tablesOf(byModel, model)).map((table) => table.sync)
      return [sync.name, [...new Set([...sync.after, ...sources])].sort()]
    }),
  )
  dependenciesOf.set(project, dependencies)
  return dependencies
}

/** Of each project that was loaded, once: a daemon asks for each slot, and a project's check for each schedule. */
const dependenciesOf = new WeakMap<object, ReadonlyMap<string, readonly string[]>>()

/** The model whose rows go out, and those that its map looks things up in. */
export const modelsOf = (sync: ReverseSync): readonly string[] => [
  ...new Set([sync.model, ...lookupsOf(sync.map).map(({ model }) => model)]),
]

/** The tables of ETL syncs that a model reads from, itself or through other models. */
export const modelTables = (models: readonly Model[], name: string): Model['sources'] =>
  tablesOf(byNameOf(models), name)

function tablesOf(byModel: ReadonlyMap<string, Model>, name: string): Model['sources'] {
  const seen = new Set<string>()
  const tables: Model['sources'][number][] = []
  const visit = (model: string) => {
    if (seen.has(model)) return
    seen.add(model)
    tables.push(...(byModel.get(model)?.sources ?? []))
    for (const ref of byModel.get(model)?.refs ?? []) visit(ref)
  }
  visit(name)
  return tables
}

const byNameOf = <M extends Pick<Model, 'name'>>(models: readonly M[]): ReadonlyMap<string, M> =>
  new Map(models.map((model) => [model.name, model]))

/** A model, and every model that it reads, each after those it reads itself: the order in which views are made. */
export function orderModels<M extends Pick<Model, 'name' | 'refs'>>(
  models: readonly M[],
  names: readonly string[] = models.map(({ name }) => name),
): readonly M[] {
  const byModel = byNameOf(models)
  const ordered = new Map<string, M>()
  const seen = new Set<string>()
  const visit = (name: string) => {
    const model = byModel.get(name)
    if (!model || seen.has(name)) return
    seen.add(name)
    for (const ref of [...model.refs].sort()) visit(ref)
    ordered.set(name, model)
  }
  for (const name of [...names].sort()) visit(name)
  return [...ordered.values()]
}

/** The first circle in a graph, as `a → b → a`; undefined where there is none. */
export function findCircle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    const start = path.indexOf(name)
    if (start !== -1) return [...path.slice(start), name]
    if (done.has(name)) return undefined
    for (const next of edges.get(name) ?? []) {
      const circle = visit(next, [...path, name])
      if (circle) return circle
    }
    done.add(name)
    return undefined
  }
  for (const name of [...edges.keys()].sort()) {
    const circle = visit(name, [])
    if (circle) return circle
  }
  return undefined
}

const byName = (a: Sync, b: Sync) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
