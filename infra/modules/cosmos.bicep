metadata description = 'Azure Cosmos DB as the store. An identity cannot create databases or containers, so all of them are here.'

@description('The name of the account.')
@minLength(3)
@maxLength(44)
param name string

@description('The region of the account.')
param location string

@description('The tags of the account.')
param tags object

@description('The identity that reads and writes records.')
param principalId string

// The names are the defaults of the settings `COSMOS_DATABASE` and `COSMOS_CONTAINER_…`.
var databaseName = 'pichat'
var containerNames = [
  'chats'
  'messages'
  'processed_messages'
  'settings'
  'users'
]
// Azure's own role, which every account has. It permits reading and writing, and no change of containers.
var dataContributor = '${account.id}/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002'

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    capabilities: [
      {
        name: 'EnableServerless'
      }
    ]
    // The store refuses a weaker level.
    consistencyPolicy: {
      defaultConsistencyLevel: 'Session'
    }
    locations: [
      {
        locationName: location
        failoverPriority: 0
        isZoneRedundant: false
      }
    ]
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: {
        tier: 'Continuous7Days'
      }
    }
    disableKeyBasedMetadataWriteAccess: true
    disableLocalAuth: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: 'Enabled'
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: {
      id: databaseName
    }
  }
}

resource containers 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [
  for containerName in containerNames: {
    parent: database
    name: containerName
    properties: {
      // Records do not expire by themselves, so there is no `defaultTtl`.
      resource: {
        id: containerName
        partitionKey: {
          kind: 'Hash'
          paths: ['/pk']
          version: 2
        }
        // No query looks into bodies.
        indexingPolicy: {
          automatic: true
          indexingMode: 'consistent'
          includedPaths: [
            {
              path: '/*'
            }
          ]
          excludedPaths: [
            {
              path: '/body/?'
            }
            {
              path: '/"_etag"/?'
            }
          ]
        }
      }
    }
  }
]

resource mayUse 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: account
  name: guid(account.id, principalId, dataContributor)
  properties: {
    principalId: principalId
    roleDefinitionId: dataContributor
    scope: account.id
  }
}

@description('The address of the account.')
output endpoint string = account.properties.documentEndpoint

@description('The name of the database.')
output databaseName string = database.name
