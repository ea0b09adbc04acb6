metadata name = 'Switchboard'
metadata description = 'Everything that Switchboard needs on Azure, without a key: one identity opens all of it.'

targetScope = 'subscription'

@description('The name of the environment. All resources carry it as a tag.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('The region of all resources but the Static Web App.')
@minLength(1)
param location string

@description('The price tier of Web PubSub.')
@allowed([
  'Free_F1'
  'Standard_S1'
  'Premium_P1'
])
param webPubSubSku string = 'Standard_S1'

@description('How many units Web PubSub has: one carries 1,000 connections, or 20 in the free tier.')
@minValue(1)
@maxValue(100)
param webPubSubCapacity int = 1

@description('The hub of all clients.')
@minLength(1)
@maxLength(128)
param hubName string = 'ViewerHub'

@description('Leaves the hub to the hook that runs after the code is deployed. For a service that insists on an answer of its handlers when it saves them.')
param deferHub bool = false

@description('Whether clients may connect straight to the socket with a token of yours, without negotiating first.')
param allowDirectConnections bool = false

@description('The audience of the tokens in webhooks: an application or an Azure service that the tenant knows. The token opens nothing there, because the identity that it belongs to has no role.')
param webhookAudience string = 'https://webpubsub.azure.com'

@description('The issuer of the tokens in webhooks. An audience whose application asks for tokens of version 2 has another one.')
param webhookIssuer string = 'https://sts.windows.net/${tenant().tenantId}/'

@description('Whether callers without a sign-in are admitted to rooms, chats and audio.')
param allowAnonymous bool = false

@description('The issuer of your users\' tokens, whose keys are found by OpenID discovery. Empty for none.')
param jwtIssuer string = ''

@description('The audiences that your users\' tokens may have, as a comma-separated list.')
param jwtAudience string = ''

@description('The origins whose pages may call the app, as a comma-separated list, in addition to that of the Static Web App.')
param webOrigins string = ''

@description('Further settings of the app, by name. They win over those that the template makes. Never for secrets: use a Key Vault reference.')
param moreSettings object = {}

@description('The memory of an instance of the Function App, in MB.')
@allowed([
  512
  2048
  4096
])
param instanceMemory int = 2048

@description('The most instances of each function group, or the most replicas of the container.')
@minValue(40)
@maxValue(300)
param maximumInstances int = 40

@description('How many instances for HTTP functions always run.')
@minValue(0)
param alwaysReadyInstances int = 1

@description('The image of the container, which then takes the place of the Function App.')
param containerImage string = ''

@description('The registry of the image, if the identity must sign in there. It needs the role AcrPull.')
param containerRegistry string = ''

@description('Stores in Cosmos DB instead of tables.')
param useCosmos bool = false

@description('Answers questions with Azure OpenAI.')
param useOpenAi bool = false

@description('The model that answers questions.')
param chatModel object = {
  name: 'gpt-4.1-mini'
  version: '2025-04-14'
  sku: 'GlobalStandard'
  capacity: 50
}

@description('The model that transcribes recordings, for example `whisper`. Without a name there is none.')
param transcribeModel object = {
  name: ''
  version: ''
  sku: 'Standard'
  capacity: 1
}

@description('Receives reports of devices and sends commands to them.')
param useIotHub bool = false

@description('The price tier of IoT Hub.')
@allowed([
  'F1'
  'S1'
])
param iotHubSku string = 'S1'

@description('Serves the page from a Static Web App.')
param useWeb bool = false

@description('The region of the Static Web App. Few regions have them.')
@allowed([
  'centralus'
  'eastasia'
  'eastus2'
  'westeurope'
  'westus2'
])
param webLocation string = 'westeurope'

@description('Seals what clients carry for us. The first deployment makes it up; later ones keep what is in the vault.')
@secure()
param stateSecret string = newGuid()

@description('What a back end shows as its token. The first deployment makes it up; later ones keep what is in the vault.')
@secure()
param apiToken string = newGuid()

var token = uniqueString(subscription().id, environmentName, location)
var tags = {
  'azd-env-name': environmentName
}
var useContainer = !empty(containerImage)
var listedOrigins = empty(webOrigins) ? [] : map(split(webOrigins, ','), origin => trim(origin))
var allOrigins = concat(listedOrigins, useWeb ? [web!.outputs.origin] : [])

// With an identity of its own choice, every connection of the Functions host needs the credential and the client
// id. The app reads the same names.
var storageSettings = {
  AzureWebJobsStorage__accountName: storage.outputs.name
  AzureWebJobsStorage__clientId: identity.outputs.clientId
  AzureWebJobsStorage__credential: 'managedidentity'
  AZURE_CLIENT_ID: identity.outputs.clientId
}
var webPubSubSettings = {
  AZURE_WEB_PUBSUB_ENDPOINT: webPubSub.outputs.endpoint
  WEB_PUBSUB_HUB_NAME: hubName
  WEBHOOK_AUDIENCE: webhookAudience
  WEBHOOK_CALLER: webPubSub.outputs.principalId
  WEBHOOK_ISSUER: webhookIssuer
}
var signInSettings = {
  ALLOW_ANONYMOUS: string(allowAnonymous)
  JWT_AUDIENCE: jwtAudience
  JWT_ISSUER: jwtIssuer
}
var storeSettings = useCosmos ? {
  COSMOS_DATABASE: cosmos!.outputs.databaseName
  COSMOS_ENDPOINT: cosmos!.outputs.endpoint
  STORE: 'cosmos'
} : {
  STORE: 'tables'
}
var assistantSettings = useOpenAi ? {
  AZURE_OPENAI_DEPLOYMENT_NAME: openAi!.outputs.chatDeployment
  AZURE_OPENAI_ENDPOINT: openAi!.outputs.endpoint
  AZURE_OPENAI_TRANSCRIBE_DEPLOYMENT: openAi!.outputs.transcribeDeployment
} : {}
var deviceSettings = useIotHub ? {
  IOT_HUB_ENABLE: 'true'
  IOT_HUB_HOST_NAME: iotHub!.outputs.hostName
} : {
  IOT_HUB_ENABLE: 'false'
}
// What only the Functions host reads. It binds even a disabled trigger, so its names always have a value.
var hostSettings = union(
  {
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
    APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
    IOT_HUB_CONSUMER_GROUP: useIotHub ? iotHub!.outputs.consumerGroup : '$Default'
    IOT_HUB_EVENTS_NAME: useIotHub ? iotHub!.outputs.eventsName : 'unset'
  },
  useIotHub ? {
    IOT_HUB_EVENTS_CONNECTION_STRING__clientId: identity.outputs.clientId
    IOT_HUB_EVENTS_CONNECTION_STRING__credential: 'managedidentity'
    IOT_HUB_EVENTS_CONNECTION_STRING__fullyQualifiedNamespace: iotHub!.outputs.eventsHost
  } : {
    'AzureWebJobs.telemetry.Disabled': 'true'
  }
)
var secretSettings = {
  API_TOKEN: '@Microsoft.KeyVault(SecretUri=${keyVault.outputs.tokenUri})'
  STATE_SECRET: '@Microsoft.KeyVault(SecretUri=${keyVault.outputs.stateUri})'
}
var settings = union(
  storageSettings,
  webPubSubSettings,
  signInSettings,
  storeSettings,
  assistantSettings,
  deviceSettings
)
var appUrl = useContainer ? containerApp!.outputs.url : functionApp!.outputs.url

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  name: 'identity'
  params: {
    name: 'id-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  name: 'monitoring'
  params: {
    workspaceName: 'log-${token}'
    name: 'appi-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module keyVault 'modules/key-vault.bicep' = {
  scope: group
  name: 'key-vault'
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    stateSecret: stateSecret
    apiToken: apiToken
  }
}

module storage 'modules/storage.bicep' = {
  scope: group
  name: 'storage'
  params: {
    name: 'stor${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    webOrigins: allOrigins
  }
}

// First the service, then the app, which has the service's address and identity among its settings, then the hub,
// which calls the app. The hub is a resource of its own, so this is no circle.
module webPubSub 'modules/web-pubsub.bicep' = {
  scope: group
  name: 'web-pubsub'
  params: {
    name: 'wps-${token}'
    location: location
    tags: tags
    sku: webPubSubSku
    capacity: webPubSubCapacity
    principalId: identity.outputs.principalId
  }
}

module functionApp 'modules/function-app.bicep' = if (!useContainer) {
  scope: group
  name: 'function-app'
  params: {
    name: 'func-${token}'
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    packageContainerUrl: storage.outputs.packageContainerUrl
    webOrigins: allOrigins
    settings: union(settings, hostSettings, secretSettings, moreSettings)
    instanceMemory: instanceMemory
    maximumInstances: maximumInstances
    alwaysReadyInstances: alwaysReadyInstances
  }
}

module containerApp 'modules/container-app.bicep' = if (useContainer) {
  scope: group
  name: 'container-app'
  params: {
    name: 'ca-${token}'
    environmentName: 'cae-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    workspaceId: monitoring.outputs.workspaceId
    image: containerImage
    registry: containerRegistry
    settings: union(settings, { ALLOWED_ORIGINS: join(allOrigins, ',') }, moreSettings)
    stateUri: keyVault.outputs.stateUri
    tokenUri: keyVault.outputs.tokenUri
    maximumReplicas: maximumInstances
  }
}

module hub 'modules/hub.bicep' = if (!deferHub) {
  scope: group
  name: 'hub'
  params: {
    webPubSubName: webPubSub.outputs.name
    hubName: hubName
    appUrl: appUrl
    webhookAudience: webhookAudience
    allowDirectConnections: allowDirectConnections
  }
}

module cosmos 'modules/cosmos.bicep' = if (useCosmos) {
  scope: group
  name: 'cosmos'
  params: {
    name: 'cosmos-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module openAi 'modules/openai.bicep' = if (useOpenAi) {
  scope: group
  name: 'openai'
  params: {
    name: 'oai-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    chatModel: chatModel
    transcribeModel: transcribeModel
  }
}

module iotHub 'modules/iot-hub.bicep' = if (useIotHub) {
  scope: group
  name: 'iot-hub'
  params: {
    name: 'iot-${token}'
    namespaceName: 'evhns-${token}'
    senderName: 'id-iot-${token}'
    location: location
    tags: tags
    sku: iotHubSku
    principalId: identity.outputs.principalId
  }
}

module web 'modules/static-web-app.bicep' = if (useWeb) {
  scope: group
  name: 'static-web-app'
  params: {
    name: 'stapp-${token}'
    location: webLocation
    tags: tags
  }
}

@description('The group of all resources.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The address of the app.')
output SWITCHBOARD_URL string = appUrl

@description('The vault that holds the token for back ends, in the secret `api-token`.')
output SWITCHBOARD_KEY_VAULT string = keyVault.outputs.name

@description('The Web PubSub service, for the hook that makes the hub.')
output SWITCHBOARD_WEB_PUBSUB string = webPubSub.outputs.name

@description('The host of the Web PubSub service, for the policy of the page.')
output SWITCHBOARD_WEB_PUBSUB_HOST string = webPubSub.outputs.hostName

@description('The address of the files, for the policy of the page.')
output SWITCHBOARD_BLOBS string = storage.outputs.blobEndpoint

@description('The hub, for the hook that makes it.')
output SWITCHBOARD_HUB string = hubName

@description('The audience of the tokens in webhooks, for the hook that makes the hub.')
output SWITCHBOARD_WEBHOOK_AUDIENCE string = webhookAudience

@description('The address of the page, if there is one.')
output SWITCHBOARD_WEB_URL string = useWeb ? web!.outputs.origin : ''
