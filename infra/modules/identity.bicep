metadata description = 'The identity of the app. Its roles are assigned beside the resources that they open.'

@description('The name of the identity.')
@minLength(3)
param name string

@description('The region of the identity.')
param location string

@description('The tags of the identity.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

@description('The resource id of the identity.')
output id string = identity.id

@description('What the settings of the app call the identity.')
output clientId string = identity.properties.clientId

@description('What role assignments call the identity.')
output principalId string = identity.properties.principalId
