import { examine } from '../app/examine.ts'
import { onTarget } from '../render/on-target.ts'
import { makePaint } from '../render/paint.ts'
import { printable } from '../render/printable.ts'
import type { CommandResult, Shell } from './shell.ts'

/** ✓ or ✗ with the fix, one a line. */
export async function examineAll(shell: Shell): Promise<CommandResult> {
  void shell.stop.listen('at_once')
  const paint = makePaint(shell.color)
  let failed = 0
  const options = {
    directory: shell.directory,
    target: shell.target,
    env: shell.env,
    signal: shell.stop.signal,
    onEvent: () => undefined,
  }
  for await (const { name, ok, detail, fix: todo } of examine(options)) {
    const fix = onTarget(todo, shell.target)
    if (!ok) failed++
    if (shell.json) shell.line({ type: 'check', name, ok, detail, fix })
    else {
      const mark = ok ? paint('green', '✓') : paint('red', '✗')
      shell.print(
        ` ${mark} ${printable(name)}: ${printable(detail)}\n${fix.map((line) => `     ${printable(line)}\n`).join('')}`,
      )
    }
  }
  return { exitCode: failed > 0 ? 1 : 0, result: { failed } }
}
