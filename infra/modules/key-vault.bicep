metadata description = 'The two secrets that the app makes up for itself: what seals its state, and the token of back ends.'

@description('The name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('The region of the vault.')
param location string

@description('The tags of the vault.')
param tags object

@description('The identity that may read the secrets.')
param principalId string

@description('Seals what clients carry for us. Used by the first deployment alone.')
@secure()
param stateSecret string

@description('What a back end shows as its token. Used by the first deployment alone.')
@secure()
param apiToken string

var keyVaultSecretsUser = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '4633458b-17de-408a-b874-0445c86b69e6'
)

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    // No protection against purging: a lost secret costs no data, and `azd down --purge` must free the name.
    softDeleteRetentionInDays: 7
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Allow'
    }
  }
}

// Made once. A later deployment leaves them alone, so that a rotation by hand stays.
@onlyIfNotExists()
resource state 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'state-secret'
  properties: {
    contentType: 'text/plain'
    value: stateSecret
  }
}

@onlyIfNotExists()
resource token 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'api-token'
  properties: {
    contentType: 'text/plain'
    value: apiToken
  }
}

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, keyVaultSecretsUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: keyVaultSecretsUser
  }
}

@description('The name of the vault.')
output name string = vault.name

@description('The address of the secret for `STATE_SECRET`, without a version, so that a rotation is picked up.')
output stateUri string = '${vault.properties.vaultUri}secrets/${state.name}'

@description('The address of the secret for `API_TOKEN`.')
output tokenUri string = '${vault.properties.vaultUri}secrets/${token.name}'
