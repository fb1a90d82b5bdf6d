import { MillraceError } from '../model/millrace-error.ts'
import type { Http } from './host.ts'

/** The `http` of a connector that declares none. */
export function httpOfNobody(name: string): Http {
  const refuse = () => {
    throw new MillraceError('MR-1401', {
      message: `${name} uses http, and its connector declares no \`http\`.`,
      next: 'Declare `http: ({ config }) => ({ baseUrl: … })` in the connector.',
    })
  }
  return { get: refuse, post: refuse, put: refuse, patch: refuse, delete: refuse, page: refuse }
}
