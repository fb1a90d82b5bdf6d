import { knownFaults, withKeptSandbox, type FaultSpec, type RunningSandbox } from '../app/command-sandbox.ts'
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
  if (name === undefined && (off || Object.keys(keys).length > 0))
    throw badUsage('which fault?', 'millrace sandbox fault   lists them')
  if (vendor === undefined) return listFaults(shell, knownFaults)
  const project = await openProject(shell)
  return withKeptSandbox(project, async (sandbox) => {
    if (name === undefined) return listVendorFaults(shell, sandbox, vendor)
    await sandbox.setFault(vendor, name, off ? null : keys)
    if (shell.json) shell.line({ type: 'fault', vendor, name, on: !off, spec: off ? null : keys })
    else shell.print(` ${vendor}: ${name} is ${off ? 'off' : `on, ${timesText(keys)}`}\n`)
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
        ' millrace sandbox fault <vendor> <name> --off',
    )
  }
  return { exitCode: 0 }
}

async function listVendorFaults(shell: Shell, sandbox: RunningSandbox, vendor: string): Promise<CommandResult> {
  sandbox.connection(vendor) // refuses a vendor that is not there
  const found = (await sandbox.status()).vendors.find((each) => each.name === vendor)
  for (const [name, { spec, seen, played }] of Object.entries(found?.faults ?? {}))
    if (shell.json) shell.line({ type: 'active_fault', vendor, name, spec, seen, played })
    else shell.print(` ${vendor}: ${name} is on, ${timesText(spec)}; ${played} played, ${seen} requests seen\n`)
  return listFaults(shell, { ...knownFaults, ...found?.ownFaults })
}

type Words = { readonly operands: readonly string[]; readonly keys: FaultSpec; readonly off: boolean }

function readWords(words: readonly string[]): Words {
  const operands: string[] = []
  const keys: { [key: string]: string | number | boolean } = {}
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
    keys[flag.replaceAll('-', '_')] = flag === 'off' || value === undefined ? true : readValue(flag, value)
  }
  const { off, ...spec } = keys
  // Whether the numbers make sense is for the sandbox to say, which knows the fault.
  return { operands, keys: spec, off: off === true }
}

/** `--match` and `--body` are text whatever they look like. */
function readValue(flag: string, text: string): string | number | boolean {
  if (flag === 'match' || flag === 'body') return text
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

function splitOnce(text: string): readonly [string, string?] {
  const at = text.indexOf('=')
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

const badUsage = (problem: string, next: string) =>
  new MillraceError('MR-1001', { message: `millrace sandbox fault: ${problem}`, kept: 'No fault was set.', next })
