import { knownFaults, withKeptSandbox, type FaultSpec, type RunningSandbox } from '../app/command-sandbox.ts'
import type { Json } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { renderTable } from '../render/table.ts'
import { openProject } from './open-project.ts'
import type { CommandResult, Shell } from './shell.ts'

/** Turns a fault on or off; without words lists those that there are. Every fault has keys of its own, so flags are read here. */
export async function setSandboxFault(shell: Shell, words: readonly string[]): Promise<CommandResult> {
  const { operands, keys, off } = readWords(words)
  const [vendor, name] = operands
  if (operands.length > 2)
    throw badUsage(
      `too many words: ${operands.slice(2).join(' ')}`,
      'millrace sandbox fault <vendor> <name> [--key value …]',
    )
  if (name === undefined && (off || keys.size > 0))
    throw badUsage('which fault?', 'millrace sandbox fault   lists them')
  if (vendor === undefined) return listFaults(shell, knownFaults)
  const project = await openProject(shell)
  return withKeptSandbox(project, async (sandbox) => {
    if (name === undefined) return listVendorFaults(shell, sandbox, vendor)
    const { faults } = await lookAt(sandbox, vendor)
    const spec = readSpec(keys, Object.hasOwn(faults, name) ? (faults[name] ?? '') : '')
    await sandbox.setFault(vendor, name, off ? null : spec)
    if (shell.json) shell.line({ type: 'fault', vendor, name, on: !off, spec: off ? null : spec })
    else shell.print(` ${vendor}: ${name} is ${off ? 'off' : `on, ${timesText(spec)}`}\n`)
    return { exitCode: 0 }
  })
}

function timesText({ times = 1, match }: FaultSpec): string {
  const often = times === 'always' ? 'always' : times === 1 ? 'once' : `${times} times`
  return match === undefined ? often : `${often}, for requests that match ${match}`
}

function listFaults(shell: Shell, faults: { readonly [name: string]: string }): CommandResult {
  if (shell.json) for (const [name, does] of Object.entries(faults)) shell.line({ type: 'fault', name, does })
  else {
    shell.print(
      renderTable([{ header: 'fault' }, { header: 'what it does, and its keys' }], Object.entries(faults), {
        color: shell.color,
      }),
    )
    shell.say(
      '\n millrace sandbox fault <vendor> <name> [--times N|always] [--match RE] [--after N] [--chance P] [--key value …]\n' +
        ' millrace sandbox fault <vendor> <name> --off\n' +
        ' a key that is a list:  --ids r2,r3  or  --ids r2 --ids r3',
    )
  }
  return { exitCode: 0 }
}

async function listVendorFaults(shell: Shell, sandbox: RunningSandbox, vendor: string): Promise<CommandResult> {
  const { active, faults } = await lookAt(sandbox, vendor)
  for (const [name, { spec, seen, played }] of Object.entries(active))
    if (shell.json) shell.line({ type: 'active_fault', vendor, name, spec, seen, played })
    else shell.print(` ${vendor}: ${name} is on, ${timesText(spec)}; ${played} played, ${seen} requests seen\n`)
  return listFaults(shell, faults)
}

async function lookAt(sandbox: RunningSandbox, vendor: string) {
  sandbox.connection(vendor) // refuses a vendor that is not there
  const found = (await sandbox.status()).vendors.find((each) => each.name === vendor)
  return { active: found?.faults ?? {}, faults: { ...knownFaults, ...found?.ownFaults } }
}

type Words = {
  readonly operands: readonly string[]
  /** As they were typed, once or more; a key without a value is `true`. */
  readonly keys: ReadonlyMap<string, readonly (string | true)[]>
  readonly off: boolean
}

function readWords(words: readonly string[]): Words {
  const operands: string[] = []
  const keys = new Map<string, readonly (string | true)[]>()
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (!word.startsWith('--')) {
      operands.push(word)
      continue
    }
    const [flag, inline] = splitOnce(word.slice(2))
    const following = words[index + 1]
    const value = inline ?? (following === undefined || following.startsWith('--') ? undefined : following)
    if (inline === undefined && value !== undefined && flag !== 'off') index++
    const key = flag.replaceAll('-', '_')
    keys.set(key, [...(keys.get(key) ?? []), flag === 'off' ? true : (value ?? true)])
  }
  const off = keys.delete('off')
  return { operands, keys, off }
}

/** @param does what the fault does and the keys that it takes: a key that is a list says so, `ids (a list …)` */
function readSpec(keys: Words['keys'], does: string): FaultSpec {
  const isList = (key: string) => ` ${does}`.includes(` ${key} (a list`)
  // Whether the numbers make sense is for the sandbox to say, which knows the fault.
  return Object.fromEntries(
    [...keys].map(([key, values]): readonly [string, Json] => {
      if (isList(key)) return [key, readList(key, values)]
      const read = values.map((value) => (value === true ? value : readValue(key, value)))
      return [key, read.length > 1 ? read : (read[0] ?? true)]
    }),
  )
}

/** Identifiers: text, though they look like numbers. */
function readList(key: string, values: readonly (string | true)[]): readonly string[] {
  const items = values.flatMap((value) => (value === true ? [] : value.split(',').filter((item) => item !== '')))
  if (items.length === 0) throw badUsage(`--${key} takes a list`, `--${key} one,two   or   --${key} one --${key} two`)
  return items
}

/** `--match` and `--body` are text whatever they look like. */
function readValue(key: string, text: string): string | number | boolean {
  if (key === 'match' || key === 'body') return text
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function splitOnce(text: string): readonly [string, string?] {
  const at = text.indexOf('=')
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

const badUsage = (problem: string, next: string) =>
  new MillraceError('MR-1001', { message: `millrace sandbox fault: ${problem}`, kept: 'No fault was set.', next })
