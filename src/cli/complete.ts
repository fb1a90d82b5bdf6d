/**
 * `millrace __complete -- WORDS…`: what may stand in place of the last word, a line each: the word, a tab, what it is.
 * `:files` and `:directories` leave it to the shell. Whatever is wrong, it says nothing: somebody is in the middle of a word.
 */
import type { Command, Option } from 'commander'
import { homedir } from 'node:os'
import { loadProject } from '../config/load.ts'
import { namesOf, type Candidate, type NameKind } from './completion-names.ts'
import { kindOfArgument, kindOfOption } from './completion-places.ts'
import type { CommandResult, Shell } from './shell.ts'

export async function completeWords(shell: Shell, program: Command, words: readonly string[]): Promise<CommandResult> {
  const found = await candidatesFor(program, words).catch((): readonly Candidate[] => [])
  const current = words.at(-1) ?? ''
  const lines = found
    .filter(({ value }) => value.startsWith(current) || value.startsWith(':'))
    .map(({ value, says }) => (says ? `${value}\t${says}\n` : `${value}\n`))
  shell.print([...new Set(lines)].join(''))
  return { exitCode: 0 }
}

/** What stands before the last word. */
type Line = {
  readonly command: Command
  readonly args: readonly string[]
  /** The value of this one is next. */
  readonly open: Option | undefined
  readonly directory: string
  /** After `--`. */
  readonly isOver: boolean
}

async function candidatesFor(program: Command, words: readonly string[]): Promise<readonly Candidate[]> {
  const line = readLine(program, words.slice(0, -1))
  const current = words.at(-1) ?? ''
  const { command, args, open } = line
  if (open) return valuesOf(open, line)
  const [flag = '', value] = splitFlag(current)
  if (!line.isOver && value !== undefined) {
    const option = findOption(command, flag)
    const values = option ? await valuesOf(option, line) : []
    return values.map((each) => ({ ...each, value: each.value.startsWith(':') ? each.value : `${flag}=${each.value}` }))
  }
  if (!line.isOver && current.startsWith('-')) return optionsOf(command)
  const commands = args.length > 0 ? [] : command.commands.filter((each) => !isHidden(each)).map(described)
  return [...commands, ...(await argumentsOf(line))]
}

function readLine(program: Command, words: readonly string[]): Line {
  let command = program
  let open: Option | undefined
  let directory = '.'
  let isOver = false
  const args: string[] = []
  const take = (option: Option, value: string) => {
    if (option.short === '-C') directory = value.replace(/^~(?=\/|$)/, homedir())
  }
  for (const word of words) {
    if (open) {
      take(open, word)
      open = undefined
      continue
    }
    const sub = args.length === 0 ? command.commands.find((each) => each.name() === word) : undefined
    if (isOver) args.push(word)
    else if (word === '--') isOver = true
    else if (word.startsWith('-')) {
      const [flag = '', value] = splitFlag(word)
      const option = findOption(command, flag)
      if (option && value !== undefined) take(option, value)
      else if (option && takesValue(option)) open = option
    } else if (sub) command = sub
    else args.push(word)
  }
  return { command, args, open, directory, isOver }
}

function argumentsOf(line: Line): Promise<readonly Candidate[]> {
  const { command, args } = line
  const { registeredArguments } = command
  const last = registeredArguments.at(-1)
  const argument = registeredArguments[args.length] ?? (last?.variadic ? last : undefined)
  const kind = argument && kindOfArgument(command, argument)
  return kind ? list(kind, line) : Promise.resolve([])
}

async function valuesOf(option: Option, line: Line): Promise<readonly Candidate[]> {
  if (option.argChoices) return option.argChoices.map((value) => ({ value }))
  const kind = kindOfOption(option)
  return kind ? list(kind, line) : []
}

/** The project at the folder that `-C` says, else at the present one. */
const list = (kind: NameKind, { args, directory }: Line) =>
  namesOf(kind, { before: args, project: () => loadProject(directory) })

function optionsOf(command: Command): readonly Candidate[] {
  const all = chainOf(command).flatMap((each) => each.options.filter(({ hidden }) => !hidden))
  return [...all.map((option) => ({ value: option.long ?? option.short ?? '', says: option.description })), help]
}

const findOption = (command: Command, flag: string): Option | undefined =>
  chainOf(command)
    .flatMap(({ options }) => options)
    .find(({ long, short }) => flag === long || flag === short)

/** Options of a command may stand after its own commands, too. */
const chainOf = (command: Command): readonly Command[] => [command, ...(command.parent ? chainOf(command.parent) : [])]

/** `--target=prod`; a single-letter flag has no such form. */
const splitFlag = (word: string): readonly string[] => {
  const at = word.startsWith('--') ? word.indexOf('=') : -1
  return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)]
}

const takesValue = ({ required, optional }: Option): boolean => required || optional
const described = (command: Command): Candidate => ({ value: command.name(), says: command.description() })
const isHidden = (command: Command): boolean => command.name().startsWith('__')
const help: Candidate = { value: '--help', says: 'display help for command' }
