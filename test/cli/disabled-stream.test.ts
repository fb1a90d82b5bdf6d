/** What a failed delivery advises helps. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { edit, millrace, newProject, serveSmallWorld, type Ended } from './command.ts'

let directory: string
let end: () => Promise<Ended>
beforeAll(async () => {
  directory = await newProject()
  end = await serveSmallWorld(directory)
  edit(directory, 'syncs/stripe.yaml', (text) => text.replace('subscriptions: {}', 'subscriptions: { enabled: false }'))
}, 60_000)
afterAll(() => end())

test('of a table whose stream is switched off nobody is sent to a run that does not load it, before any load or behind one', async () => {
  const off = /No run loads stripe\.subscriptions: it has +enabled: false +in syncs\/stripe\.yaml/
  const planned = await millrace(directory, 'sync', 'plan', 'customerio_people')
  expect(planned.stderr).toMatch(off)
  const { stderr } = await millrace(directory, 'sync', 'run', '--all')
  expect(stderr).toMatch(off)
  expect(stderr).not.toMatch(/millrace sync run stripe +loads it/)
}, 60_000)
