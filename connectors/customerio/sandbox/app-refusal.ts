/** What the App API says against a request. https://docs.customer.io/integrations/api/app/ */
export type AppRefusal = {
  readonly status: 400 | 401 | 403 | 404 | 422
  readonly detail: string
  /** A JSON pointer into the body. */
  readonly pointer?: string
}

export const refuseApp = ({ status, detail, pointer }: AppRefusal): Response =>
  Response.json(
    {
      errors: [{ detail, status: String(status), ...(pointer !== undefined && { source: { pointer } }) }],
    },
    { status },
  )

export const bad = (detail: string): AppRefusal => ({ status: 400, detail })
export const notFound = (what: string): AppRefusal => ({ status: 404, detail: `${what} not found` })
export const invalidBody = (field: string, detail: string): AppRefusal => ({
  status: 422,
  detail,
  pointer: `/data/attributes/${field}`,
})

export const isAppRefusal = (value: object): value is AppRefusal => 'detail' in value && 'status' in value
