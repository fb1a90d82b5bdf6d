/** Stands for a run: it lasts until it is told to stop. */
process.on('SIGTERM', () => process.exit(0))
setInterval(() => undefined, 60_000)
