import { MillraceError } from '../model/millrace-error.ts'
import { strangerAt } from '../model/stranger-at.ts'

/** DuckDB would wait for ever to open a named pipe, and says of a folder or a device that it cannot be read. @throws MillraceError MR-2001 */
export function refuseStranger(path: string): void {
  for (const file of [path, `${path}.wal`]) {
    const stranger = strangerAt(file)
    if (stranger !== undefined)
      throw new MillraceError('MR-2001', {
        message: `opening the DuckDB database ${path}: ${file === path ? 'it' : file} is ${stranger}, and no file`,
        kept: 'Nothing was read or changed.',
        next: `Move that away, or give the warehouse in millrace.yaml another \`path\`, and run again:  ls -ld ${file}`,
        retry: 'never',
      })
  }
}
