metadata description = 'Azure OpenAI for the assistant, without keys.'

@description('The name of the account, which is also the first part of its address.')
@minLength(3)
@maxLength(64)
param name string

@description('The region of the account, which must offer the models.')
param location string

@description('The tags of the account.')
param tags object

@description('The identity that asks the models.')
param principalId string

@description('The model that answers questions.')
param chatModel object

@description('The model that transcribes recordings. Without a name there is none.')
param transcribeModel object

var openAiUser = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd'
)

resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: name
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: {
    name: 'S0'
  }
  properties: {
    // Identities are accepted only at an address of the account's own.
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
  }
}

resource chat 'Microsoft.CognitiveServices/accounts/deployments@2024-10-01' = {
  parent: account
  name: 'chat'
  sku: {
    name: chatModel.sku
    capacity: chatModel.capacity
  }
  properties: {
    model: {
      format: 'OpenAI'
      name: chatModel.name
      version: chatModel.version
    }
  }
}

resource transcribe 'Microsoft.CognitiveServices/accounts/deployments@2024-10-01' = if (!empty(transcribeModel.name)) {
  parent: account
  name: 'transcribe'
  sku: {
    name: transcribeModel.sku
    capacity: transcribeModel.capacity
  }
  properties: {
    model: {
      format: 'OpenAI'
      name: transcribeModel.name
      version: transcribeModel.version
    }
  }
  // An account makes one deployment at a time.
  dependsOn: [chat]
}

resource mayAsk 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, principalId, openAiUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: openAiUser
  }
}

@description('The address of the account.')
output endpoint string = account.properties.endpoint

@description('The deployment that answers questions.')
output chatDeployment string = chat.name

@description('The deployment that transcribes, or nothing.')
output transcribeDeployment string = empty(transcribeModel.name) ? '' : 'transcribe'
