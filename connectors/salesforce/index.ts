import { connector, MillraceError, type Stream } from 'millrace'
import { openClient } from './client.ts'
import { connectionKeys } from './connection.ts'
import { describeParents } from './describe-parents.ts'
import { describeGlobal, describeObjects } from './describe.ts'
import { limitJobs } from './limit-jobs.ts'
import { makeObject } from './object.ts'
import { makeStream } from './stream.ts'
import { openTracking } from './tracking.ts'
import { whyUnreadable } from './unreadable-object.ts'

export default connector({
  name: 'salesforce',
  config: connectionKeys,
  streamOptions: {},
  objectOptions: {},
  async open({ config, host }) {
    const api = await openClient(config, host)
    // https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_discoveryresource.htm
    const check = ({ signal }: { readonly signal: AbortSignal }) =>
      api.call({
        method: 'GET',
        path: '/',
        docs: checkDocs,
        signal,
        read: checkResources,
        recover: ({ code }) => refuseVersion(code, config.api_version),
      })
    const { page_size: pageSize, numbers } = config
    const bulk = { fromRows: config.bulk_from, waitMs: config.bulk_wait_seconds * 1000 }
    const queries = {
      from: config.bulk_query_from,
      pageRows: config.bulk_query_page,
      waitMs: config.bulk_wait_seconds * 1000,
      tries: 2,
      underWay: limitJobs(config.bulk_query_jobs),
    }
    const queryable = async (signal: AbortSignal) =>
      (await describeGlobal(api, signal)).filter(
        (object) => object.queryable && !object.deprecatedAndHidden && whyUnreadable(object.name) === null,
      )
    const writable = async (signal: AbortSignal) =>
      (await describeGlobal(api, signal))
        .filter((object) => (object.createable || object.updateable) && !object.deprecatedAndHidden)
        .map(({ name }) => name)
    return {
      check,
      account: (context) => api.organizationId(context),
      // The copy of an org has its records by the same Ids.
      rowsAreOfAccount: true,
      async now(context) {
        if (!host.lastDate()) await check(context)
        return host.lastDate() ?? new Date()
      },
      whyNoStream: whyUnreadable,
      streamNames: async ({ signal }) => (await queryable(signal)).map(({ name }) => name),
      async streams({ names, signal }) {
        const wanted = names ?? (await queryable(signal)).map(({ name }) => name)
        const described = await describeObjects(api, wanted, { signal, toRead: true })
        const context = { api, host, signal, pageSize, bulk: queries, numbers, tracking: openTracking(api, host) }
        const streams: Stream[] = []
        for (const object of described)
          if (object?.queryable && whyUnreadable(object.name) === null) streams.push(await makeStream(object, context))
        return streams
      },
      objectNames: ({ signal }) => writable(signal),
      async objects({ names, signal }) {
        const wanted = names ?? (await writable(signal))
        const described = await describeObjects(api, wanted, { signal })
        const objects = described.filter((object) => object && (object.createable || object.updateable))
        const parents = await describeParents(api, described, signal)
        return objects.flatMap((object) => (object ? [makeObject(object, { api, bulk, parents })] : []))
      },
    }
  },
})

function refuseVersion(code: string, version: string): undefined {
  if (code !== 'NOT_FOUND') return undefined
  throw new MillraceError('MR-3004', {
    message: `Checking the Salesforce connection: the org does not have API version ${version}.`,
    kept: 'Nothing was read or sent.',
    next: 'Set api_version to one that it has: /services/data lists them.',
  })
}

/** A proxy's page is no proof of an org. */
function checkResources(bytes: Uint8Array): null {
  const answer: unknown = JSON.parse(Buffer.from(bytes).toString())
  if (typeof answer === 'object' && answer !== null && 'sobjects' in answer && typeof answer.sobjects === 'string')
    return null
  throw new MillraceError('MR-3005', {
    message: 'Checking the Salesforce connection: the answer is not the list of its resources.',
  })
}

const checkDocs =
  'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_discoveryresource.htm'
