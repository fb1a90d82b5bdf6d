import { createHmac } from 'node:crypto'
import type { SimulatorContext } from 'millrace/sandbox'
import { refuseExpired, refuseNoProof, refuseNoToken, refuseProof, refuseToken, type Refusal } from './refusal.ts'

export const sandboxToken = 'EAAsandboxOfMillrace0000000000000000000000000000'
export const sandboxAppSecret = '5a6d0b0c0f1e2d3c4b5a69788796a5b4'

/** The app of the sandbox demands the proof. https://developers.facebook.com/docs/graph-api/guides/secure-requests */
export function checkCredentials({ fault, now }: SimulatorContext, query: URLSearchParams): Refusal | null {
  const token = query.get('access_token')
  if (token === null || token === '') return refuseNoToken()
  if (token !== sandboxToken) return refuseToken()
  if (fault('expire_tokens')) return refuseExpired(now())
  const proof = query.get('appsecret_proof')
  if (proof === null) return refuseNoProof()
  const right = createHmac('sha256', sandboxAppSecret).update(token).digest('hex')
  return proof === right ? null : refuseProof()
}
