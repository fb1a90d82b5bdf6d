/** Stands for a run: says what `sync run --json` says, and ends. */
console.log(JSON.stringify({ type: 'run.started', run: { run_id: `r${process.pid}` } }))
console.log(JSON.stringify({ type: 'result', exit_code: 0, runs: [{ run_id: `r${process.pid}`, status: 'ok' }] }))
