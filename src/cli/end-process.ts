import { systemWords } from '../model/system-words.ts'

/**
 * `| head` closes the pipe: the rest of the output has no reader, which is no error of ours. Output that gets lost otherwise, on
 * a full disk, is told once; the work goes on to its end, which is 1 then.
 */
export function endCalmlyWithoutOutput(): void {
  let isTold = false
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || isTold) return
    isTold = true
    process.stderr.write(`millrace: the output cannot be written: ${systemWords(error) ?? error.message}\n`)
    process.on('exit', () => {
      if (!process.exitCode) process.exitCode = 1
    })
  }
  for (const stream of [process.stdout, process.stderr]) stream.on('error', onError)
}

/** Lets Node end by itself; a handle that somebody forgot keeps it for a moment only, once the output is out. */
export function endProcess(): void {
  const end = () => {
    if (process.stdout.writableLength + process.stderr.writableLength > 0) endProcess()
    else process.exit()
  }
  setTimeout(end, graceMs).unref()
}

const graceMs = 3000
