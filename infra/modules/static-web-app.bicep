metadata description = 'A Static Web App for the page. It is not linked to the app: linking would let nobody else in, not even webhooks.'

@description('The name of the Static Web App.')
@minLength(3)
param name string

@description('The region of its management. The page itself is served from everywhere.')
param location string

@description('The tags of the Static Web App.')
param tags object

resource page 'Microsoft.Web/staticSites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'web' })
  sku: {
    name: 'Free'
    tier: 'Free'
  }
  properties: {
    stagingEnvironmentPolicy: 'Disabled'
  }
}

@description('The origin of the page.')
output origin string = 'https://${page.properties.defaultHostname}'
