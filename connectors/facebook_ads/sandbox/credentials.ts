import { createHmac } from 'node:crypto'
import type { SimulatorContext } from 'millrace/sandbox'
import type { Given } from './parameters.ts'
import { refuseExpired, refuseNoProof, refuseNoToken, refuseProof, refuseToken, type Refusal } from './refusal.ts'

export const sandboxToken = 'EAAsandboxOfMillrace0000000000000000000000000000'
export const sandboxAppSecret = '5a6d0b0c0f1e2d3c4b5a69788796a5b4'

/** Both in the query, or in the body of a POST. The app of the sandbox demands the proof. https://developers.facebook.com/docs/graph-api/guides/secure-requests */
export function checkCredentials({ fault, now }: SimulatorContext, given: Given): Refusal | null {
  const token = given['access_token'] ?? ''
  if (token === '') return refuseNoToken()
  if (token !== sandboxToken) return refuseToken()
  if (fault('expire_tokens')) return refuseExpired(now())
  const proof = given['appsecret_proof']
  if (proof === undefined) return refuseNoProof()
  const right = createHmac('sha256', sandboxAppSecret).update(sandboxToken).digest('hex')
  return proof === right ? null : refuseProof()
}
