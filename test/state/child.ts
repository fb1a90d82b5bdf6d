// A process of its own that works on a control store as it is told: `node child.ts ADAPTER LOCATION ROLE …`.
// It writes a line per thing that happens, so that the test need not guess when.
import { aSlot } from './a-slot.ts'
import { appendFileSync } from 'node:fs'
import type { TicketRequest } from '../../src/state/port.ts'
import { withTicket } from '../../src/state/with-ticket.ts'
import type { OpenStore } from './conformance.ts'

const [adapter = '', location = '', role = '', ...args] = process.argv.slice(2)
const { open } = (await import(adapter)) as { open: OpenStore } // an adapter of this folder
const store = await open(location, {})
const say = (line: object) => process.stdout.write(JSON.stringify(line) + '\n')
const go = () => new Promise<void>((resolve) => process.stdin.once('data', () => resolve()))

if (role === 'hold-lease') {
  const [name = '', runId = '', ttlMs, graceMs] = args
  const grant = await store.acquireLease({ name, runId, ttlMs: Number(ttlMs), graceMs: Number(graceMs) })
  say({ held: grant.granted })
  await go()
  if (grant.granted) say({ renewed: await store.renewLease(grant.lease), holds: await store.holdsLease(grant.lease) })
} else if (role === 'hold-ticket') {
  say({ ticket: await store.takeTicket({ resource: args[0] ?? '', runId: 'child', purpose: 'test' }) })
  await go()
} else if (role === 'record-run') {
  await store.recordRun(JSON.parse(args[0] ?? ''))
  say({ recorded: true })
  await go()
} else if (role === 'race') {
  // For each round: told to go, tries to get a lease and a slot, and says what it got.
  const [runId = '', rounds] = args
  say({ ready: true })
  for (let round = 0; round < Number(rounds); round++) {
    await go()
    const grant = await store.acquireLease({ name: `race-${round}`, runId, ttlMs: 60_000, graceMs: 0 })
    say({ round, lease: grant.granted, slot: (await store.claimSlots([aSlot({ instant: `instant-${round}` })]))[0] })
  }
  await go() // a racer that ends loses its last lease to the other one, and rightly so
} else if (role === 'tickets') {
  const [resource = '', count, journal = ''] = args
  say({ ready: true })
  await go()
  let ticketId = 0
  const watched = {
    ...store,
    takeTicket: async (request: TicketRequest) => {
      const ticket = await store.takeTicket(request)
      ticketId = ticket.id
      return ticket
    },
  }
  const request = { resource, runId: `${process.pid}`, purpose: 'test' }
  for (let n = 0; n < Number(count); n++)
    await withTicket(watched, request, { signal: new AbortController().signal, pollMs: 2 }, async () => {
      appendFileSync(journal, `in ${process.pid} ${ticketId}\n`)
      await new Promise((resolve) => setTimeout(resolve, 1))
      appendFileSync(journal, `out ${process.pid}\n`)
    })
  say({ done: true })
}
await store.close()
process.exit(0)
