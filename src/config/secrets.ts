import type { Json, JsonObject } from '../model/json.ts'
import { MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import { isSecretName } from './literal-secret.ts'
import type { ConnectionConfig, Project, Target } from './project.ts'
import { readPlacesOf } from './source-places.ts'

/** Where references are looked up. Given as an argument, so that nothing else reads the environment. */
export type SecretSources = {
  readonly env: { readonly [name: string]: string | undefined }
  readonly readFile: (path: string) => Promise<string>
}

export type Resolved = {
  readonly value: JsonObject
  /** What must never be shown: for redaction. */
  readonly secrets: readonly string[]
}

/** A connection's keys with the target's laid over them. References are still references. */
export function connectionKeys(connection: ConnectionConfig, target: Target): JsonObject {
  return { ...connection.keys, ...target.connections[connection.name] }
}

/** Whose keys they are, for messages. */
export type SecretContext = (
  | { readonly connection: string }
  /** The warehouse of this target. */
  | { readonly warehouseOf: string }
) & { readonly project?: Pick<Project, 'root'> }

/**
 * Replaces `${env:X}` and `${file:/run/secrets/x}` wherever they stand in the keys of a connection or a warehouse.
 * @throws MillraceErrors MR-1301, one for each that is missing
 */
export async function resolveSecrets(
  keys: JsonObject,
  sources: SecretSources,
  context: SecretContext,
): Promise<Resolved> {
  const secrets = new Set<string>()
  const missing: { path: readonly string[]; reference: Reference; reason: string }[] = []
  const resolve = async (value: Json, path: readonly string[]): Promise<Json> => {
    if (typeof value === 'string') return resolveText(value, path)
    if (isList(value)) return Array.fromAsync(value, (item, index) => resolve(item, [...path, String(index)]))
    if (typeof value === 'object' && value !== null) return resolveObject(value, path)
    return value
  }
  // One after the other: what is missing is told in the order of the file.
  const resolveObject = async (value: JsonObject, path: readonly string[]): Promise<JsonObject> => {
    const resolved: [string, Json][] = []
    for (const [key, part] of Object.entries(value)) resolved.push([key, await resolve(part, [...path, key])])
    return Object.fromEntries(resolved)
  }
  const resolveText = async (text: string, path: readonly string[]): Promise<string> => {
    let resolved = ''
    let last = 0
    for (const match of text.matchAll(references)) {
      const reference: Reference = { kind: match[1] === 'env' ? 'env' : 'file', name: match[2] ?? '' }
      const found = await lookUp(reference, sources)
      if ('reason' in found) missing.push({ path, reference, reason: found.reason })
      else if (found.value.length >= (path.some(isSecretName) ? 4 : shortestHidden)) secrets.add(found.value)
      resolved += text.slice(last, match.index) + ('value' in found ? found.value : '')
      last = match.index + match[0].length
    }
    return resolved + text.slice(last)
  }
  const value = await resolveObject(keys, [])
  if (missing.length > 0) throw new MillraceErrors(missing.map((each) => missingSecret(each, context)))
  return { value, secrets: [...secrets] }
}

type Reference = { readonly kind: 'env' | 'file'; readonly name: string }

async function lookUp(
  { kind, name }: Reference,
  { env, readFile }: SecretSources,
): Promise<{ value: string } | { reason: string }> {
  if (kind === 'env') {
    const value = env[name]
    return value === undefined
      ? { reason: `the variable ${name} is not set` }
      : value === ''
        ? { reason: `the variable ${name} is empty` }
        : { value }
  }
  try {
    const value = (await readFile(name)).replace(/\r?\n$/, '')
    return value === '' ? { reason: `the file ${name} is empty` } : { value }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return { reason: code === 'ENOENT' ? `there is no file ${name}` : `the file ${name} cannot be read (${code})` }
  }
}

function missingSecret(
  { path, reference, reason }: { path: readonly string[]; reference: Reference; reason: string },
  context: SecretContext,
): MillraceError {
  const { project } = context
  const owner =
    'connection' in context
      ? { name: `the connection \`${context.connection}\``, at: ['connections', context.connection] }
      : {
          name: `the warehouse of the target \`${context.warehouseOf}\``,
          at: ['targets', context.warehouseOf, 'warehouse'],
        }
  return new MillraceError('MR-1301', {
    message: `${owner.name} needs \`${path.join('.')}\`, and ${reason}`,
    kept: 'Nothing was sent and nothing was read.',
    next: reference.kind === 'env' ? `Set it: export ${reference.name}=…` : `Write the secret to ${reference.name}.`,
    place: project && readPlacesOf(project.root, 'millrace.yaml')?.([...owner.at, ...path], 'value'),
  })
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

export const references = /\$\{(env|file):([^}]+)\}/g
/** A region or an account name from the environment is not hidden wherever its few letters occur. */
const shortestHidden = 6
