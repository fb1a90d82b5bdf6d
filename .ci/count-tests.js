// Prints `passed failed` of a vitest JSON report. A file that failed before its first test counts as one failure.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const lostFiles = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
process.stdout.write(`${report.numPassedTests} ${report.numFailedTests + lostFiles.length}\n`)
