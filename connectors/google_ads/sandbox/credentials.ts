/** What the sandbox's connection signs in with. */
export const credentials = {
  clientId: '424242-sandbox.apps.googleusercontent.com',
  clientSecret: 'GOCSPX-sandbox-of-millrace',
  refreshToken: '1//0sandbox-refresh-of-millrace',
}

/** The manager that the user has access to. */
export const rootManager = '9000000001'
