/** croner alone: as many jobs, each every second, that note how late they are. */
import { Cron } from 'croner'

const { schedules, seconds } = JSON.parse(process.argv[2] ?? '{}') as { schedules: number; seconds: number }
const lateMs: number[] = []
const warmUpMs = 3_000
const from = Date.now() + warmUpMs
const jobs = Array.from(
  { length: schedules },
  () =>
    new Cron('* * * * * *', () => {
      const now = Date.now()
      const due = Math.floor(now / 1000) * 1000
      if (due >= from) lateMs.push(now - due)
    }),
)
setTimeout(
  () => {
    for (const job of jobs) job.stop()
    const sorted = lateMs.sort((a, b) => a - b)
    console.log(
      JSON.stringify({
        seconds,
        p99_ms: sorted[Math.floor(sorted.length * 0.99)],
        rss_mb: process.resourceUsage().maxRSS / 1024,
      }),
    )
  },
  warmUpMs + seconds * 1000,
)
