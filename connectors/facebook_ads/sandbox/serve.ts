import type { JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { checkCredentials } from './credentials.ts'
import { accountNode, checkFields, edges, listEdge, pick, specOf } from './edges.ts'
import { createLimits } from './limits.ts'
import { checkParameters, listOf, readGiven, type Given, type Spec } from './parameters.ts'
import {
  isRefusal,
  refuseField,
  refuseManagedField,
  refuseNode,
  refusePath,
  refusePermission,
  refuseSummary,
  refuseVersion,
  type Refusal,
} from './refusal.ts'
import { describeRun, listRows, rowsSpec, runSpec, startReport, startSpec } from './reports.ts'

/** Answers as graph.facebook.com does: https://developers.facebook.com/docs/graph-api/overview */
export function serveRequests(context: SimulatorContext): (request: Request) => Promise<Response> {
  const limits = createLimits(context)
  return async (request) => {
    const trace = `A${Buffer.from(`trace ${context.store.next('trace')}`).toString('base64url')}`
    const limited = limits.take()
    const answer = limited ?? (await answerRequest(context, request))
    const headers = {
      'content-type': 'application/json; charset=UTF-8',
      'x-fb-trace-id': trace,
      'facebook-api-version': versionOf(new URL(request.url)) ?? versions[0],
    }
    if (!isRefusal(answer))
      return new Response(JSON.stringify(answer), { headers: { ...headers, ...limits.headers() } })
    return new Response(JSON.stringify({ error: describeRefusal(answer, trace) }), {
      status: answer.status,
      headers: { ...headers, ...answer.headers },
    })
  }
}

async function answerRequest(context: SimulatorContext, request: Request): Promise<JsonObject | Refusal> {
  const url = new URL(request.url)
  const given = await readGiven(request, url)
  if (isRefusal(given)) return given
  const refused = checkCredentials(context, given)
  if (refused) return refused
  const [version = '', node = '', edge = null, ...rest] = url.pathname.split('/').slice(1).map(decodeURIComponent)
  if (versionOf(url) === undefined) return refuseVersion(version)
  if (rest.length > 0) return refusePath(rest.join('/'))
  const endpoint = { context, url, method: request.method, node, edge, given }
  if (node === 'me') return answerMe(endpoint)
  if (node.startsWith('act_')) return answerAccount(endpoint)
  return answerReport(endpoint)
}

/** A role that does not manage the account. */
function isViewOnly({ fault }: SimulatorContext, node: string): boolean {
  const viewOnly = fault('view_only')
  return viewOnly ? (viewOnly['account'] ?? node) === node : false
}

type Asked = {
  readonly context: SimulatorContext
  readonly url: URL
  readonly method: string
  readonly node: string
  readonly edge: string | null
  readonly given: Given
}

function answerMe({ context, url, method, edge, given }: Asked): JsonObject | Refusal {
  if (method !== 'GET') return refuseNode('me', method.toLowerCase())
  if (edge === 'adaccounts')
    return withParameters(given, specOf(accountNode), (checked) =>
      listEdge(context, accountNode, { url, given: checked, account: null }),
    )
  if (edge !== null) return refusePath(edge)
  return withParameters(given, { fields: 'names' }, (checked) => {
    const odd = listOf(checked['fields']).find((name) => name !== 'id' && name !== 'name')
    if (odd !== undefined) return refuseField(odd, 'User')
    return {
      ...(checked['fields'] === undefined || listOf(checked['fields']).includes('name') ? { name: 'millrace' } : {}),
      id: '122000000000000001',
    }
  })
}

function answerAccount({ context, url, method, node, edge, given }: Asked): JsonObject | Refusal {
  const record = context.store.get('ad_accounts', node)
  if (!record) return refuseNode(node, method.toLowerCase())
  const forbidden = context.fault('forbidden_account')
  if (forbidden && (forbidden['account'] ?? node) === node && (forbidden['edge'] ?? edge) === edge)
    return refusePermission(node, Number(forbidden['code'] ?? 200))
  if (edge === 'insights' && method === 'POST')
    return withParameters(given, startSpec, (checked) => startReport(context, node, checked))
  if (method !== 'GET') return refuseNode(node, method.toLowerCase())
  if (edge === null)
    return withParameters(given, { fields: 'names' }, (checked) => {
      const fields = checkFields(context, accountNode, checked)
      if ('refused' in fields) return fields
      const managed = fields.names.some((name) => name === 'owner' || name === 'is_prepay_account')
      return managed && isViewOnly(context, node) ? refuseManagedField() : pick(record, fields.names)
    })
  const listed = edges[edge]
  if (!listed) return refusePath(edge)
  return withParameters(given, specOf(listed), (checked) =>
    listEdge(context, listed, { url, given: checked, account: node }),
  )
}

function answerReport({ context, url, method, node, edge, given }: Asked): JsonObject | Refusal {
  const run = context.store.get('report_runs', node)
  if (!run || method !== 'GET') return refuseNode(node, method.toLowerCase())
  const unseen = context.fault('unseen_report')
  if (unseen) return unseen['summary'] === true ? refuseSummary() : refuseNode(node)
  if (edge === null) return withParameters(given, runSpec, (checked) => describeRun(context, run, checked))
  if (edge !== 'insights') return refusePath(edge)
  return withParameters(given, rowsSpec, (checked) => listRows(context, run, { url, given: checked }))
}

function withParameters(
  given: Given,
  spec: Spec,
  answer: (checked: Given) => JsonObject | Refusal,
): JsonObject | Refusal {
  const checked = checkParameters(given, spec)
  return isRefusal(checked) ? checked : answer(checked)
}

function describeRefusal(
  { message, type, code, subcode, isTransient, userTitle, userMessage }: Refusal,
  trace: string,
): JsonObject {
  return {
    message,
    type,
    code,
    ...(subcode !== undefined && { error_subcode: subcode }),
    ...(isTransient && { is_transient: true }),
    ...(userTitle !== undefined && { error_user_title: userTitle }),
    ...(userMessage !== undefined && { error_user_msg: userMessage }),
    fbtrace_id: trace,
  }
}

/** Of the Marketing API: v24.0 ended on 6 October 2026. https://developers.facebook.com/docs/marketing-api/marketing-api-changelog/versions */
const versions = ['v25.0', 'v26.0'] as const

const versionOf = ({ pathname }: URL) => versions.find((version) => pathname.startsWith(`/${version}/`))
