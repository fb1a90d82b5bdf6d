/** Made by somebody in the workspace; https://docs.customer.io/integrations/api/app/tag/objects/getobjecttypes/ lists them. */
export const objectTypes = [objectType('1', 'Companies', 'Company'), objectType('2', 'Courses', 'Course')] as const

function objectType(id: string, name: string, singularName: string) {
  const slug = name.toLowerCase()
  const singular_slug = singularName.toLowerCase()
  return { id, name, singular_name: singularName, slug, singular_slug, enabled: true, icon: 'building' }
}
