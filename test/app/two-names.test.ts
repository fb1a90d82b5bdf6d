/** A project that is reached by a symbolic link, as a service may be, and by its own name. */
import { realpathSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { devYaml } from './dev-yaml.ts'
import { makeProjectFolder } from './project-folder.ts'

it('its warehouse file has one queue', async () => {
  const project = makeProjectFolder()
  const link = `${project.directory}-link`
  try {
    project.write('millrace.yaml', devYaml("stripe: { connector: stripe, secret_key: '${env:STRIPE_SECRET_KEY}' }"))
    symlinkSync(project.directory, link)
    const resource = join(realpathSync(project.directory), 'dev.duckdb')
    const look = { runId: 'look', purpose: 'look' }
    // The first one makes the file.
    for (const directory of [link, project.directory])
      await project.inApp(
        ({ store, warehouse }) =>
          warehouse.session(look, async () => {
            const ticket = await store.takeTicket({ ...look, resource, runId: 'other' })
            expect(await store.ticketBefore(ticket)).toMatchObject({ runId: 'look' })
            await store.returnTicket(ticket)
          }),
        { directory },
      )
  } finally {
    rmSync(link, { force: true })
    project.remove()
  }
})
