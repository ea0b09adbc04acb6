metadata description = 'IoT Hub. Its built-in endpoint accepts no identities, so a route copies what devices report to an event hub, which does.'

@description('The name of the IoT hub.')
@minLength(3)
@maxLength(50)
param name string

@description('The name of the namespace for the event hub.')
@minLength(6)
@maxLength(50)
param namespaceName string

@description('The name of the identity with which the IoT hub sends.')
@minLength(3)
param senderName string

@description('The region of all resources.')
param location string

@description('The tags of all resources.')
param tags object

@description('The price tier. Basic tiers have no commands.')
@allowed([
  'F1'
  'S1'
])
param sku string

@description('The identity that reads reports and sends commands.')
param principalId string

var iotHubDataContributor = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '4fc6c259-987e-4a07-842e-c321cc9d413f'
)
var eventHubsDataReceiver = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
)
var eventHubsDataSender = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '2b629674-e913-4c01-ae53-ef4638d8f975'
)
var namespaceHost = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: namespaceName
  location: location
  tags: tags
  // Basic has no consumer groups of its own, and keeps messages for a day only.
  sku: {
    name: 'Standard'
    tier: 'Standard'
    capacity: 1
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

resource telemetry 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = {
  parent: namespace
  name: 'telemetry'
  properties: {
    // A failed batch comes again without end, but not longer than its messages are kept.
    messageRetentionInDays: 7
    partitionCount: 2
  }
}

// A group of this app alone: another reader in the same group would take messages from it.
resource group 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = {
  parent: telemetry
  name: 'switchboard'
}

// The IoT hub needs its role before its endpoint is made, so it gets an identity that exists before it. It can
// do nothing but send, while the app's cannot send.
resource sender 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: senderName
  location: location
  tags: tags
}

resource maySend 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: telemetry
  name: guid(telemetry.id, sender.id, eventHubsDataSender)
  properties: {
    principalId: sender.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: eventHubsDataSender
  }
}

resource mayReceive 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: telemetry
  name: guid(telemetry.id, principalId, eventHubsDataReceiver)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: eventHubsDataReceiver
  }
}

resource hub 'Microsoft.Devices/IotHubs@2023-06-30' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
    capacity: 1
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${sender.id}': {}
    }
  }
  properties: {
    // Concerns back ends alone. Devices keep their own keys or certificates.
    disableLocalAuth: true
    minTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
    eventHubEndpoints: {
      events: {
        retentionTimeInDays: 1
        partitionCount: 2
      }
    }
    routing: {
      endpoints: {
        eventHubs: [
          {
            name: 'telemetry'
            authenticationType: 'identityBased'
            identity: {
              userAssignedIdentity: sender.id
            }
            endpointUri: 'sb://${namespaceHost}'
            entityPath: telemetry.name
          }
        ]
      }
      routes: [
        {
          name: 'telemetry'
          source: 'DeviceMessages'
          condition: 'true'
          endpointNames: ['telemetry']
          isEnabled: true
        }
      ]
      fallbackRoute: {
        name: '$fallback'
        source: 'DeviceMessages'
        condition: 'true'
        endpointNames: ['events']
        isEnabled: true
      }
    }
  }
  dependsOn: [maySend]
}

resource mayCommand 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: hub
  name: guid(hub.id, principalId, iotHubDataContributor)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: iotHubDataContributor
  }
}

@description('The host of the IoT hub.')
output hostName string = hub.properties.hostName

@description('The host of the event hub.')
output eventsHost string = namespaceHost

@description('The name of the event hub.')
output eventsName string = telemetry.name

@description('The consumer group of the app.')
output consumerGroup string = group.name
