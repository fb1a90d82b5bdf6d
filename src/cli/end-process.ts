/** `| head` closes the pipe: the rest of the output has no reader, which is no error of ours. */
export function swallowBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: Error) => {
      if (!('code' in error) || error.code !== 'EPIPE') throw error
    })
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
