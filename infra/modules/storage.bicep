metadata description = 'The storage account of the Functions host and of the app: tables, queues and blobs. It accepts no keys.'

@description('The name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('The region of the account.')
param location string

@description('The tags of the account.')
param tags object

@description('The identity that uses the account.')
param principalId string

@description('The origins whose pages upload and download files.')
param webOrigins array

// The names are those in the source code. With an identity, the app should not have to create anything.
var tableNames = [
  'switchboardchats'
  'switchboardmessages'
  'switchboardprocessed'
  'switchboardsettings'
  'switchboardusers'
]
var queueNames = [
  'switchboard-assistant'
  'switchboard-assistant-poison'
  'switchboard-broadcast'
  'switchboard-broadcast-poison'
]
var filesContainer = 'switchboard-files'
var recordingsContainer = 'switchboard-recordings'
// A container for the package of this app alone: two apps in one container overwrite each other's package.
var packageContainer = 'deployment'

// The role of the Functions host, which locks blobs and keeps checkpoints in containers that it creates. It
// includes the right to request the delegation keys that sign addresses of files.
var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var storageQueueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var storageTableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
var roles = [
  storageBlobDataOwner
  storageQueueDataContributor
  storageTableDataContributor
]

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Browsers upload files straight to the account.
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Allow'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    cors: {
      corsRules: empty(webOrigins) ? [] : [
        {
          allowedOrigins: webOrigins
          allowedMethods: ['GET', 'PUT']
          allowedHeaders: ['content-type', 'x-ms-blob-type']
          exposedHeaders: []
          maxAgeInSeconds: 3600
        }
      ]
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = [
  for container in [filesContainer, recordingsContainer, packageContainer]: {
    parent: blobs
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2023-05-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2023-05-01' = [
  for queueName in queueNames: {
    parent: queues
    name: queueName
  }
]

resource tables 'Microsoft.Storage/storageAccounts/tableServices@2023-05-01' = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2023-05-01' = [
  for tableName in tableNames: {
    parent: tables
    name: tableName
  }
]

// A recording is deleted when its transcript is out. This deletes those that were never finished. A file stays
// until its room is deleted.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2023-05-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-recordings'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              // Recordings are append blobs, which such rules can delete but not move.
              blobTypes: ['appendBlob']
              prefixMatch: ['${recordingsContainer}/']
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: 1
                }
              }
            }
          }
        }
      ]
    }
  }
}

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    scope: account
    name: guid(account.id, principalId, role)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

@description('The name of the account.')
output name string = account.name

@description('The address of the blobs, with a slash at its end.')
output blobEndpoint string = account.properties.primaryEndpoints.blob

@description('The container that the package of the app is deployed to.')
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${packageContainer}'
