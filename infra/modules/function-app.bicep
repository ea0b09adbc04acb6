metadata description = 'The Function App on Flex Consumption, whose custom handler is the app.'

@description('The name of the app.')
@minLength(3)
param name string

@description('The name of the plan. A plan of Flex Consumption has one app.')
@minLength(3)
param planName string

@description('The region of the app.')
param location string

@description('The tags of the app.')
param tags object

@description('The resource id of the identity.')
param identityId string

@description('The blob container for the package.')
param packageContainerUrl string

@description('The origins whose pages may call the app.')
param webOrigins array

@description('All settings of the app.')
param settings object

@description('The memory of an instance, in MB.')
@allowed([
  512
  2048
  4096
])
param instanceMemory int

@description('The most instances of each function group. Azure has refused fewer than 40.')
@minValue(40)
@maxValue(1000)
param maximumInstances int

@description('How many instances for HTTP functions always run. The first webhook of an idle app is slow without one.')
@minValue(0)
param alwaysReadyInstances int

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  // azd finds the app by this tag.
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      // Azure accepts a wrong version, and then the host never starts.
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemory
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyInstances > 0 ? [
          {
            name: 'http'
            instanceCount: alwaysReadyInstances
          }
        ] : []
        triggers: {
          http: {
            perInstanceConcurrency: 100
          }
        }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      cors: {
        // The host answers preflights itself, so the app's own `ALLOWED_ORIGINS` stays unset.
        allowedOrigins: webOrigins
      }
      // All of them here: a separate resource for settings would replace the whole set.
      appSettings: [
        for setting in items(settings): {
          name: setting.key
          value: string(setting.value)
        }
      ]
    }
  }
}

// Passwords for publishing, which nothing here uses.
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

@description('The name of the app.')
output name string = app.name

@description('The address of the app, without a slash at its end.')
output url string = 'https://${app.properties.defaultHostName}'
