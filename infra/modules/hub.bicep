metadata description = 'The hub, which calls the app by webhook.'

@description('The name of the Web PubSub service.')
@minLength(3)
param webPubSubName string

@description('The name of the hub.')
param hubName string

@description('Where the app is, without a slash at the end.')
param appUrl string

@description('The audience of the token in every webhook.')
param webhookAudience string

@description('Whether clients may connect without a token of the service; the app then decides by itself.')
param allowDirectConnections bool

var auth = {
  type: 'ManagedIdentity'
  managedIdentity: {
    resource: webhookAudience
  }
}

resource service 'Microsoft.SignalRService/webPubSub@2024-03-01' existing = {
  name: webPubSubName
}

resource hub 'Microsoft.SignalRService/webPubSub/hubs@2024-03-01' = {
  parent: service
  name: hubName
  properties: {
    anonymousConnectPolicy: allowDirectConnections ? 'allow' : 'deny'
    // The first handler that matches an event gets it.
    eventHandlers: [
      {
        urlTemplate: '${appUrl}/api/connect_event'
        systemEvents: [
          'connect'
          'connected'
          'disconnected'
        ]
        auth: auth
      }
      {
        urlTemplate: '${appUrl}/api/message_event'
        userEventPattern: '*'
        auth: auth
      }
    ]
  }
}
