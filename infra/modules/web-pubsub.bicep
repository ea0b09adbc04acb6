metadata description = 'The Web PubSub service, which accepts no keys. Its hub comes later, when the address of the app is known.'

@description('The name of the service.')
@minLength(3)
@maxLength(63)
param name string

@description('The region of the service.')
param location string

@description('The tags of the service.')
param tags object

@description('The price tier.')
@allowed([
  'Free_F1'
  'Standard_S1'
  'Premium_P1'
])
param sku string

@description('How many units the service has: one carries 1,000 connections.')
@minValue(1)
@maxValue(100)
param capacity int

@description('The identity that may send, make tokens and manage connections.')
param principalId string

// The only role of the service that makes client tokens. Roles for managing the resource give no such access.
var webPubSubServiceOwner = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '12cf5a90-567b-43ae-8102-96cf46c7d9b4'
)

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'WebPubSub'
  sku: {
    name: sku
    capacity: capacity
  }
  // Signs the webhooks. It gets no role anywhere, so that a token that the app receives opens nothing.
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    disableAadAuth: false
    // What `ce-signature` is made with in this mode is undocumented. The app does not look at it: with an
    // identity it verifies the webhook's token instead.
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
  }
}

resource mayServe 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: service
  name: guid(service.id, principalId, webPubSubServiceOwner)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: webPubSubServiceOwner
  }
}

@description('The name of the service.')
output name string = service.name

@description('The host of the service.')
output hostName string = service.properties.hostName

@description('The address of the service.')
output endpoint string = 'https://${service.properties.hostName}'

@description('The identity that webhooks come from.')
output principalId string = service.identity.principalId
