type Connected = { readonly connection: (vendor: string) => { readonly [key: string]: unknown } }

/** As a user does in HubSpot. Gives the id under which the merged record lives on. */
export async function mergeContacts(sandbox: Connected, primary: string, other: string): Promise<string> {
  const { access_token, base_url } = sandbox.connection('hubspot')
  const answer = await fetch(`${String(base_url)}/crm/v3/objects/contacts/merge`, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(access_token)}` },
    body: JSON.stringify({ primaryObjectId: primary, objectIdToMerge: other }),
  })
  const { id }: { id?: unknown } = JSON.parse(await answer.text())
  return String(id)
}
