import { Command, type ErrorOptions } from 'commander'
import { MillraceError } from '../model/millrace-error.ts'
import { didYouMean } from '../model/did-you-mean.ts'

/** commander's command, with its complaints in our own form. */
export class FrontCommand extends Command {
  override createCommand(name?: string): FrontCommand {
    return new FrontCommand(name)
  }

  override error(message: string, _options?: ErrorOptions): never {
    throw usageError(this, message)
  }
}

function usageError(command: Command, message: string): MillraceError {
  const [problem = '', hint = ''] = message.replace(/^error: /, '').split('\n')
  const path = commandPath(command)
  // A word after a command that also works without one (`sandbox mvoe`) was meant to be one of its own.
  const extra = /too many arguments/.test(problem) && command.commands.length > 0 ? (command.args[0] ?? '') : undefined
  const word = extra ?? /^unknown command '(.*)'$/.exec(problem)?.[1]
  const near =
    extra === undefined
      ? /\(Did you mean (?:one of )?(.*)\?\)/i.exec(hint)?.[1]
      : didYouMean(
          extra,
          command.commands.map((each) => each.name()),
        )
  const meant = word === undefined ? [] : placesOf(word, rootOf(command))
  if (meant.length === 0 && near) meant.push(near)
  const said = word === undefined ? problem.replaceAll("'", '`').replace(/\.$/, '') : `unknown command \`${word}\``
  return new MillraceError('MR-1001', {
    message: `${path}: ${said}`,
    next: [...(meant.length > 0 ? [`Did you mean \`${meant.join('`, `')}\`?`] : []), `${path} --help`],
  })
}

/** Where a command of this name is: `millrace status` was meant to be `millrace sync status`. */
function placesOf(name: string, command: Command): string[] {
  const own = command.name() === name ? [commandPath(command)] : []
  return [...own, ...command.commands.flatMap((each) => placesOf(name, each))]
}

const rootOf = (command: Command): Command => (command.parent ? rootOf(command.parent) : command)

function commandPath(command: Command): string {
  return command.parent ? `${commandPath(command.parent)} ${command.name()}` : command.name()
}
