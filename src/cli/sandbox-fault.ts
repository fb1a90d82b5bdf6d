import {
  knownFaults,
  wireFaults,
  withKeptSandbox,
  type Fault,
  type FaultSpec,
  type RunningSandbox,
} from '../app/command-sandbox.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { ownMember } from '../model/own-member.ts'
import { renderTable } from '../render/table.ts'
import { readSpec, readWords } from './fault-words.ts'
import { openConnections } from './open-project.ts'
import type { CommandResult, Shell } from './shell.ts'

/** Turns a fault on or off; without words lists those that there are. */
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
  const project = await openConnections(shell)
  return withKeptSandbox(project, async (sandbox) => {
    if (name === undefined) return listVendorFaults(shell, sandbox, vendor)
    const fault = ownMember((await lookAt(sandbox, vendor)).faults, name)
    const spec = readSpec(keys, fault)
    await sandbox.setFault(vendor, name, off ? null : spec)
    if (shell.json) shell.line({ type: 'fault', vendor, name, on: !off, spec: off ? null : spec })
    else shell.print(` ${vendor}: ${name} is ${off ? 'off' : `on, ${timesText(spec, fault)}`}\n`)
    return { exitCode: 0 }
  })
}

function timesText({ times = 1, match }: FaultSpec, fault: Fault | undefined): string {
  if (fault?.isLasting) return 'until it is taken away (--off)'
  const often = times === 'always' ? 'always' : times === 1 ? 'once' : `${times} times`
  return match === undefined ? often : `${often}, for requests that match ${match}`
}

function listFaults(shell: Shell, faults: { readonly [name: string]: Fault }): CommandResult {
  const told = Object.entries(faults).map(([name, { does }]): [string, string] => [name, does])
  if (shell.json) for (const [name, does] of told) shell.line({ type: 'fault', name, does })
  else {
    shell.print(renderTable(['fault', 'what it does, and its keys'], told, { color: shell.color }))
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
    else
      shell.print(
        ` ${vendor}: ${name} is on, ${timesText(spec, faults[name])}${faults[name]?.isLasting ? '' : `; ${played} played, ${seen} requests seen`}\n`,
      )
  return listFaults(shell, faults)
}

async function lookAt(sandbox: RunningSandbox, vendor: string) {
  sandbox.connection(vendor) // refuses a vendor that is not there
  const found = (await sandbox.status()).vendors.find((each) => each.name === vendor)
  return { active: found?.faults ?? {}, faults: { ...wireFaults, ...found?.ownFaults } }
}

const badUsage = (problem: string, next: string) =>
  new MillraceError('MR-1001', { message: `millrace sandbox fault: ${problem}`, kept: 'No fault was set.', next })
