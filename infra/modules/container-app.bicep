metadata description = 'The same binary as a container, without the Functions host. It takes its queues itself; reports of devices need the Functions host.'

@description('The name of the app.')
@minLength(3)
@maxLength(32)
param name string

@description('The name of the environment.')
@minLength(3)
param environmentName string

@description('The region of both.')
param location string

@description('The tags of both.')
param tags object

@description('The resource id of the identity.')
param identityId string

@description('The workspace for logs.')
param workspaceId string

@description('The image to run.')
param image string

@description('The registry that the identity pulls from. Empty for a public image.')
param registry string

@description('Settings that are no secrets.')
param settings object

@description('The address of the secret for `STATE_SECRET`.')
param stateUri string

@description('The address of the secret for `API_TOKEN`.')
param tokenUri string

@description('The most replicas.')
@minValue(1)
@maxValue(300)
param maximumReplicas int

var port = 8080
var probe = {
  path: '/health?live=1'
  port: port
  scheme: 'HTTP'
}

resource managedEnvironment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: environmentName
  location: location
  tags: tags
  properties: {
    // Not 'log-analytics', which wants the key of the workspace.
    appLogsConfiguration: {
      destination: 'azure-monitor'
    }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: managedEnvironment
  name: 'logs'
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    managedEnvironmentId: managedEnvironment.id
    configuration: {
      ingress: {
        external: true
        targetPort: port
        allowInsecure: false
      }
      registries: empty(registry) ? [] : [
        {
          server: registry
          identity: identityId
        }
      ]
      secrets: [
        {
          name: 'state-secret'
          keyVaultUrl: stateUri
          identity: identityId
        }
        {
          name: 'api-token'
          keyVaultUrl: tokenUri
          identity: identityId
        }
      ]
    }
    template: {
      containers: [
        {
          name: 'switchboard'
          image: image
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: concat(
            map(items(settings), setting => {
              name: setting.key
              value: string(setting.value)
            }),
            [
              {
                name: 'PORT'
                value: string(port)
              }
              // The ingress sets `X-Forwarded-For`.
              {
                name: 'TRUST_PROXY'
                value: 'true'
              }
              {
                name: 'STATE_SECRET'
                secretRef: 'state-secret'
              }
              {
                name: 'API_TOKEN'
                secretRef: 'api-token'
              }
            ]
          )
          probes: [
            {
              type: 'Startup'
              httpGet: probe
              periodSeconds: 1
              failureThreshold: 30
            }
            {
              type: 'Liveness'
              httpGet: probe
              periodSeconds: 10
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        // One at least, because nothing else takes the queues.
        minReplicas: 1
        maxReplicas: maximumReplicas
        rules: [
          {
            name: 'http'
            http: {
              metadata: {
                concurrentRequests: '100'
              }
            }
          }
        ]
      }
    }
  }
}

@description('The address of the app, without a slash at its end.')
output url string = 'https://${app.properties.configuration.ingress.fqdn}'
