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
  const word = /too many arguments/.test(problem) && command.commands.length > 0 ? (command.args[0] ?? '') : undefined
  const names = command.commands.map((each) => each.name())
  const near = word === undefined ? /\(Did you mean (.*)\?\)/i.exec(hint)?.[1] : didYouMean(word, names)
  const said = word === undefined ? problem.replaceAll("'", '`').replace(/\.$/, '') : `unknown command \`${word}\``
  return new MillraceError('MR-1001', {
    message: `${path}: ${said}`,
    next: [...(near ? [`Did you mean \`${near.replace(/^one of /, '')}\`?`] : []), `${path} --help`],
  })
}

function commandPath(command: Command): string {
  return command.parent ? `${commandPath(command.parent)} ${command.name()}` : command.name()
}
