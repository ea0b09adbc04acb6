metadata description = 'Application Insights and its workspace. The app signs in with its identity.'

@description('The name of the workspace.')
@minLength(4)
param workspaceName string

@description('The name of the component of Application Insights.')
@minLength(3)
param name string

@description('The region of both.')
param location string

@description('The tags of both.')
param tags object

@description('The identity that may send telemetry.')
param principalId string

var monitoringMetricsPublisher = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '3913510d-42f4-4e42-8a64-420c390055eb'
)

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    WorkspaceResourceId: workspace.id
  }
}

resource mayPublish 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, principalId, monitoringMetricsPublisher)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: monitoringMetricsPublisher
  }
}

@description('The resource id of the workspace.')
output workspaceId string = workspace.id

@description('Where telemetry goes. It holds no secret, because the component accepts identities alone.')
output connectionString string = insights.properties.ConnectionString
