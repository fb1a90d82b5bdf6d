/** A field that some sync calls personal is starred out in plans and previews, wherever the connector puts it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { planSyncs } from '../../src/app/plan-syncs.ts'
import { previewSync } from '../../src/app/preview-sync.ts'
import type { ReverseSync } from '../../src/config/project.ts'
import { deliveryOf, makeToyProject, toySync } from '../app/toy-project.ts'

/** `name` goes out in another form than the model's: only its name gives it away. */
const person = `toyObject({
  fields: { id: 'string', mail: 'string', name: 'string', points: 'string', plan: 'string' },
  preview: (changes) =>
    changes.map(({ fields }) => ({
      method: 'PUT',
      path: '/people/' + encodeURIComponent(fields.mail.toLowerCase()) + '?also=' + fields.mail + '&plan=' + fields.plan,
      body: [{ ...fields, name: 'hash of ' + fields.name, alias: [fields.mail, { score: fields.points }] }],
      docs: 'https://toy.example/docs',
    })),
})`
const project = makeToyProject({ objects: `person: ${person}`, streams: ['people'] })
let app: App
let sync: ReverseSync

beforeAll(async () => {
  project.write('syncs/crm.yaml', 'source: toy\nstreams: { people: { pii: [FirstName, E_Mail, score] } }\n')
  project.write('models/people.sql', 'select * from raw.people\n')
  project.write(
    'syncs/people.yaml',
    toySync({ more: 'map: { id: id, mail: e_mail, name: first_name, points: score, plan: plan }' }),
  )
  app = await project.open()
  await app.warehouse.session({ runId: 'run-1', purpose: 'fill' }, async (session) => {
    for (const statement of [
      'CREATE SCHEMA raw',
      `CREATE TABLE raw.people AS SELECT 'p1' AS id, 'Ann@private.test' AS e_mail, 'Anna' AS first_name, '4711' AS score, 'pro' AS plan`,
    ])
      for await (const _ of session.query(statement));
  })
  sync = deliveryOf(app, 'people')
})

afterAll(async () => {
  await app.close()
  project.remove()
})

it('a plan shows stars for it, and the other fields as they are', async () => {
  const [plan] = await planSyncs(app, [sync], { offline: false })
  expect(plan).toMatchObject({
    samples: [
      {
        key: 'p1',
        fields: expect.arrayContaining([
          { field: 'mail', to: '***' },
          { field: 'name', to: '***' },
          { field: 'points', to: '***' },
          { field: 'plan', to: 'pro' },
        ]),
      },
    ],
  })
  expect(JSON.stringify(plan)).not.toMatch(/private|Anna|4711/i)
})

it('a preview shows stars under its name, for its value elsewhere, and in the path', async () => {
  expect(await previewSync(app, sync, { limit: 10 })).toEqual([
    {
      method: 'PUT',
      path: '/people/***?also=***&plan=pro',
      docs: 'https://toy.example/docs',
      body: [{ id: 'p1', mail: '***', name: '***', points: '***', plan: 'pro', alias: ['***', { score: '***' }] }],
    },
  ])
})
