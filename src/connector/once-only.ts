import type { Http } from './host.ts'

/** The client of a write that carries an opt-in: nothing that may write goes twice (docs/adr/0004-retries-never-opt-in.md). */
export const onceOnly = (http: Http): Http => ({
  ...http,
  post: (path, body, options) => http.post(path, body, { ...options, repeatable: 'never' }),
  put: (path, body, options) => http.put(path, body, { ...options, repeatable: 'never' }),
  patch: (path, body, options) => http.patch(path, body, { ...options, repeatable: 'never' }),
  delete: (path, options) => http.delete(path, { ...options, repeatable: 'never' }),
})
