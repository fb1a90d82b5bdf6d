/** A process that wakes up twice a second and does nothing. */
setInterval(() => undefined, 500)
process.on('SIGTERM', () => process.exit(0))
console.log('ready')
