//! Every fault that `doctor` knows: the code that programs read, what it means, why it matters and
//! how to fix it. `docs/doctor.md` lists them, held against this file by a test.

/// One fault. `<words>` in the fix are filled in where the check knows them.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The heading in `docs/doctor.md`.
    pub area: &'static str,
    pub code: &'static str,
    pub meaning: &'static str,
    pub why: &'static str,
    pub fix: &'static str,
}

macro_rules! faults {
    ($($area:literal: { $($name:ident = $code:literal, $meaning:literal, $why:literal, $fix:literal;)+ })+) => {
        $($(
            pub(super) static $name: Fault = Fault {
                area: $area,
                code: $code,
                meaning: $meaning,
                why: $why,
                fix: $fix,
            };
        )+)+

        /// All of them, in the order of the documentation.
        pub static FAULTS: &[&Fault] = &[$($(&$name),+),+];
    };
}

faults! {
    "Settings": {
        SETTINGS_FILE = "settings-file",
            "`local.settings.json`, or the file that `--settings` names, cannot be read.",
            "Neither `func start` nor `switchboard dev` starts with it.",
            "correct the file: `cp local.settings.json.example local.settings.json` makes one that works";
        SETTING_INVALID = "setting-invalid",
            "A setting is missing or its value cannot be used.",
            "The handler starts, but answers every call with 500 `server_misconfigured` until it is set.",
            "set it: `az functionapp config appsettings set --name <app> --resource-group <group> --settings <setting>=…`, or under `Values` in local.settings.json";
        CONNECTION_STRING = "connection-string",
            "The connection string of the Web PubSub service is missing or cannot be used.",
            "Without the service nobody can connect.",
            "copy it: `az webpubsub key show --name <service> --resource-group <group> --query primaryConnectionString -o tsv`; then `az functionapp config appsettings set --name <app> --resource-group <group> --settings <setting>=…`, or under `Values` in local.settings.json";
        SETTING_UNKNOWN = "setting-unknown",
            "A setting looks like one of ours, but no setting has that name.",
            "Its value has no effect, and the default applies in silence.",
            "rename `<setting>` to `<known>`";
        NOBODY_ADMITTED = "nobody-admitted",
            "Callers can neither be anonymous nor sign in.",
            "`negotiate` answers everybody with 401.",
            "set `ALLOW_ANONYMOUS=true`, `JWT_ISSUER`, `JWT_JWKS_URL`, `JWT_SECRET`, `API_TOKEN` or `TRUST_EASY_AUTH=true`";
        WORKER_RUNTIME = "worker-runtime",
            "`FUNCTIONS_WORKER_RUNTIME` names a language.",
            "The Functions host then looks for that language's worker and does not start our binary.",
            "set `FUNCTIONS_WORKER_RUNTIME=custom`";
        CORS_TWICE = "cors-twice",
            "Two parts add CORS headers: the platform (or `func start`) and `ALLOWED_ORIGINS`, or a header in host.json.",
            "Browsers refuse an answer with two values of `Access-Control-Allow-Origin`.",
            "keep one: remove `ALLOWED_ORIGINS` where the platform does CORS (`az functionapp cors show --name <app> --resource-group <group>`), and `Access-Control-Allow-Origin` from `customHeaders` in host.json";
        STORE_NOT_SHARED = "store-not-shared",
            "The store is a file, although the app runs on Azure.",
            "Instances do not share a file, and it is gone when an instance stops: acknowledged messages are lost.",
            "set `STORE=tables` (in the storage account of the app) or `COSMOS_ENDPOINT`";
    }
    "Services": {
        SERVICE_UNREACHABLE = "service-unreachable",
            "The Web PubSub service does not answer at the address that the settings name.",
            "Nobody can connect and nothing is sent.",
            "check the name: `az webpubsub show --name <service> --resource-group <group> --query hostName`; on this machine start the emulator: `switchboard dev`";
        ACCESS_REFUSED = "access-refused",
            "The Web PubSub service does not accept our key, or our identity.",
            "Nothing is sent, and clients' tokens are refused.",
            "with a key: `az webpubsub key show --name <service> --resource-group <group> --query primaryConnectionString -o tsv`; with an identity: `az role assignment create --role \"Web PubSub Service Owner\" --assignee <identity> --scope <service id>`; on this machine: the `AccessKey` that the emulator prints";
        CLIENT_REFUSED = "client-refused",
            "A client's token, as `negotiate` makes it, is refused at the service's door.",
            "No client can connect.",
            "401: the app behind the hub's event handler has another access key or `STATE_SECRET`, give both the same; 403: add the page's origin to `CLIENT_ORIGINS`; 500 and above: see `webhook-unreachable`";
        EVENTS_NOT_DELIVERED = "events-not-delivered",
            "A client connects, but what it sends is not answered: the hub does not exist, or has no event handler for messages.",
            "Rooms without rules work, everything else is silent: chats, sessions, history.",
            "`az webpubsub hub create --name <service> --resource-group <group> --hub-name <hub> --event-handler url-template=https://<app>.azurewebsites.net/api/connect_event system-event=connect system-event=connected system-event=disconnected --event-handler url-template=https://<app>.azurewebsites.net/api/message_event user-event-pattern='*'` (`hub update` if it exists); on this machine: list both addresses in the configuration of the emulator, as `emulator.json` does";
        NO_IDENTITY = "no-identity",
            "The platform issues no token for the managed identity.",
            "Every service that is opened by the identity refuses us.",
            "`az functionapp identity assign --name <app> --resource-group <group>`, and `AZURE_CLIENT_ID` for a user-assigned one; on a machine without an identity use `--url` alone";
        CLOCK_SKEW = "clock-skew",
            "This machine's clock and a server's differ.",
            "Tokens and signatures carry the time: beyond a few minutes they are refused, as `expired` or as not yet valid.",
            "`sudo timedatectl set-ntp true`";
        STORE_FAILED = "store-failed",
            "A record cannot be written, read or deleted in the store.",
            "Messages, rooms and users are neither stored nor found; sends answer `unavailable`.",
            "correct what the line names: `az storage account keys list --account-name <account>` for tables, `COSMOS_KEY` or the role for Cosmos DB, the path and rights of the file for SQLite; on this machine start Azurite: `azurite --silent` (ports 10000 to 10002 must be free)";
        STORAGE_FAILED = "storage-failed",
            "A service of the storage account in `AzureWebJobsStorage` does not answer, or refuses us.",
            "Queues carry broadcasts that failed and questions to the assistant; blobs carry files and recordings; the Functions host itself needs the account.",
            "`az storage account show-connection-string --name <account> --query connectionString -o tsv`; on this machine start Azurite: `azurite --silent` (ports 10000 to 10002 must be free)";
        STORAGE_MISSING = "storage-missing",
            "`AzureWebJobsStorage` names no storage account.",
            "Queue functions do not run: what a crash left undelivered waits for the next message, and files and the assistant are not available.",
            "set `AzureWebJobsStorage`, or `AzureWebJobsStorage__accountName` for a managed identity; on this machine `UseDevelopmentStorage=true` and `azurite --silent`";
        POISON_MESSAGES = "poison-messages",
            "Messages failed on a queue ten times and were put aside.",
            "Each is a broadcast or an answer that never reached its readers.",
            "read them: `az storage message peek --queue-name <queue> --num-messages 32 --account-name <account>`; when the cause is gone, remove them: `az storage message clear --queue-name <queue> --account-name <account>`";
        ISSUER_FAILED = "issuer-failed",
            "The identity provider's keys cannot be fetched.",
            "Nobody can sign in: every token is answered with 503.",
            "correct `JWT_ISSUER` or `JWT_JWKS_URL`: `curl <address>` must answer from where the app runs";
        ASSISTANT_FAILED = "assistant-failed",
            "Azure OpenAI does not answer, or refuses us.",
            "Questions to the assistant end with `assistant.failed`.",
            "`az cognitiveservices account keys list --name <account> --resource-group <group>` for `AZURE_OPENAI_KEY`; with an identity the role `Cognitive Services OpenAI User`";
        DEPLOYMENT_MISSING = "deployment-missing",
            "The account of Azure OpenAI answers, but not its deployment.",
            "Questions to the assistant end with `assistant.failed`.",
            "`az cognitiveservices account deployment list --name <account> --resource-group <group> -o table`; set `AZURE_OPENAI_DEPLOYMENT_NAME` to one of the names";
        ASSISTANT_WITHOUT_QUEUE = "assistant-without-queue",
            "Azure OpenAI is configured, but there is no queue.",
            "Questions in chats wait on a queue; without one `ask` answers `unavailable`.",
            "set `AzureWebJobsStorage` to an account with queues";
        IOT_HUB_FAILED = "iot-hub-failed",
            "The IoT hub does not answer, or refuses us.",
            "Commands to devices fail with 503.",
            "`az iot hub connection-string show --hub-name <hub> --policy-name service` for `IOT_HUB_CONNECTION_STRING`; with an identity the role `IoT Hub Data Contributor`";
        COLLECTOR_FAILED = "collector-failed",
            "The collector of OpenTelemetry does not take spans.",
            "Traces are lost; nothing else is affected.",
            "correct `OTEL_EXPORTER_OTLP_ENDPOINT` (the address without `/v1/traces`) and `OTEL_EXPORTER_OTLP_HEADERS`";
        TOOK_TOO_LONG = "took-too-long",
            "A check did not end in time.",
            "Some service accepts connections and does not answer.",
            "call it by hand: `curl -v <address>`; a firewall or a private endpoint may be in between";
    }
    "A deployed app": {
        URL_UNREACHABLE = "url-unreachable",
            "Nothing answers at the address.",
            "Neither clients nor the Web PubSub service reach the app.",
            "`az functionapp show --name <app> --resource-group <group> --query '{host:defaultHostName,state:state}'`";
        TLS_INVALID = "tls-invalid",
            "The certificate of the address is not valid.",
            "Browsers and the Web PubSub service refuse to connect.",
            "`az functionapp config ssl list --resource-group <group>`, and use the name that the certificate names";
        PLAIN_HTTP = "plain-http",
            "The address is not encrypted.",
            "Tokens and passwords travel readable, and pages of https origins may not call it.",
            "use the https address, and `az functionapp update --name <app> --resource-group <group> --set httpsOnly=true`";
        REDIRECTED = "redirected",
            "The address redirects, for instance to a sign-in page.",
            "Webhooks are not redirected: with App Service authentication that requires sign-in, no event arrives.",
            "`az webapp auth update --name <app> --resource-group <group> --unauthenticated-client-action AllowAnonymous`, or give `--url` the address that the redirect names";
        NOT_SWITCHBOARD = "not-switchboard",
            "Something else answers at the address.",
            "The address is wrong, or the functions are not deployed.",
            "check the address; deploy: `func azure functionapp publish <app> --no-build --custom` in the package's folder";
        HOST_DOWN = "host-down",
            "The Functions host answers with an error of its own: the handler did not start, or ended.",
            "No call reaches the handler.",
            "`az webapp log tail --name <app> --resource-group <group>`; `switchboard doctor --app DIR` checks the package";
        FUNCTION_MISSING = "function-missing",
            "The host knows no function at a path of ours.",
            "The package was deployed without that function's folder, or with another `routePrefix`.",
            "`func azure functionapp publish <app> --no-build --custom` with all function folders";
        APP_DEGRADED = "app-degraded",
            "The app reports that it does not work.",
            "A part that it needs fails, or its settings are wrong.",
            "run `switchboard doctor` with the app's settings: `func azure functionapp fetch-app-settings <app>`, then `switchboard doctor --settings local.settings.json`";
        NEGOTIATE_FAILED = "negotiate-failed",
            "`negotiate` fails.",
            "No client can connect.",
            "correct what the line names; `switchboard doctor` with the app's settings says more";
        TOKEN_REFUSED = "token-refused",
            "The app does not accept the API token.",
            "Back ends that use it can publish nothing.",
            "use the app's token: `az functionapp config appsettings list --name <app> --resource-group <group> --query \"[?name=='API_TOKEN'].value\" -o tsv`";
        WEBHOOK_UNREACHABLE = "webhook-unreachable",
            "A webhook's address does not reach the handler from outside.",
            "The service cannot deliver events: clients are refused, or what they send is lost.",
            "401: remove the function key, or put `?code=<key>` into the hub's URL template; 302 or 401 of App Service authentication: allow anonymous calls; 404: deploy the function, and let `methods` out of its function.json";
        WEBHOOK_OPEN = "webhook-open",
            "The webhook accepts the handshake of any service.",
            "Anybody's Web PubSub service may deliver events here.",
            "answer `WebHook-Allowed-Origin` with the own service's host alone, never `*`";
        WEBHOOK_REFUSES_SERVICE = "webhook-refuses-service",
            "The webhook refuses the handshake of the service that `negotiate` sends clients to.",
            "The service delivers no event.",
            "give the app the connection string of that service; a proxy in between must pass `WebHook-Request-Origin`";
        WEBHOOK_UNSIGNED = "webhook-unsigned",
            "An event without the service's signature is accepted.",
            "Anybody can speak in anybody's name.",
            "verify `ce-signature` with the access key before reading an event";
        TRIGGER_REACHABLE = "trigger-reachable",
            "A caller reaches the path of a queue or event function.",
            "Anybody can hand the app messages that only the Functions host should.",
            "constrain every route parameter, as in `{id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)}`, and keep `routePrefix`; `switchboard doctor --app DIR` names the routes";
        NO_BODY_STATUS = "no-body-status",
            "The app answers with 204, 205 or 304.",
            "The Functions host logs an error and closes the caller's connection at these.",
            "answer 200 with an empty body";
        CORS_MISSING = "cors-missing",
            "A page of this origin may not read the app's answers.",
            "Browsers block `negotiate`.",
            "`az functionapp cors add --name <app> --resource-group <group> --allowed-origins <origin>`; in a container `ALLOWED_ORIGINS=<origin>`; with `func start` `Host.CORS` in local.settings.json";
        CORS_ANY = "cors-any",
            "Pages of any origin may read the app's answers.",
            "A page of a stranger can negotiate in the name of a signed-in visitor.",
            "`az functionapp cors remove --name <app> --resource-group <group> --allowed-origins '*'`, then add the page's own origin";
    }
    "An app's folder": {
        APP_MISSING = "app-missing",
            "The folder has no host.json.",
            "The Functions host starts nothing there.",
            "name the folder that holds host.json: `switchboard doctor --app DIR`";
        HOST_JSON = "host-json",
            "host.json cannot be used.",
            "The Functions host does not start.",
            "correct it; the smallest is `{\"version\":\"2.0\",\"customHandler\":{\"description\":{\"defaultExecutablePath\":\"handler\"},\"enableForwardingHttpRequest\":true}}`";
        FUNCTION_JSON = "function-json",
            "A function.json cannot be used.",
            "The host loads the app without that function.",
            "correct it: it needs `bindings`, a list with one trigger";
        FLAG_UNKNOWN = "flag-unknown",
            "A key of host.json's `customHandler` is unknown.",
            "The host ignores it in silence; a misspelt flag means JSON mode.",
            "rename `<key>` to `<known>`";
        NOT_FORWARDED = "not-forwarded",
            "HTTP requests reach the handler as JSON documents at `POST /<function>`, not as they were sent.",
            "A handler that expects requests answers 404 or 500; headers and statuses need the JSON protocol.",
            "set `\"enableForwardingHttpRequest\": true` under `customHandler`, and give the function exactly one `httpTrigger` and one `http` binding";
        EXECUTABLE_MISSING = "executable-missing",
            "The file that `defaultExecutablePath` names is not in the folder.",
            "Calls hang for two minutes, then the host ends.",
            "build it: `scripts/publish.sh`, and check the folder that it makes";
        EXECUTABLE_BIT = "executable-bit",
            "The binary may not be executed.",
            "The host cannot start it, except on Flex Consumption, which sets the bit.",
            "`chmod +x <file>`";
        EXECUTABLE_SPELLING = "executable-spelling",
            "`defaultExecutablePath` does not spell the file's path to the letter.",
            "`func azure functionapp publish` makes exactly the file executable whose path equals it, and `./handler` or another case equals nothing.",
            "write `\"defaultExecutablePath\": \"<path>\"`";
        EXECUTABLE_FORMAT = "executable-format",
            "The file is no program of Linux on x86-64.",
            "No plan of Azure Functions runs another: the host cannot start it.",
            "`cargo build --release --target x86_64-unknown-linux-musl`";
        EXECUTABLE_GLIBC = "executable-glibc",
            "The binary needs a newer C library than Azure's images may have.",
            "It ends at start with `GLIBC_… not found`, and calls hang.",
            "link statically: `cargo build --release --target x86_64-unknown-linux-musl`, or `cargo zigbuild --release --target x86_64-unknown-linux-gnu.2.17`";
        ROUTE_TO_TRIGGER = "route-to-trigger",
            "Through this route a caller reaches paths that only the Functions host should call.",
            "The host decodes paths twice and removes dot segments after it matched them: `..%5C..%5C` leads anywhere.",
            "constrain the parameter so that it admits neither `\\`, `%` nor a leading dot: `{id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)}`, `{part:regex(^[a-z-]+$)}` or `{id:guid}`; keep a `routePrefix`";
        ROUTE_OPEN = "route-open",
            "A route parameter admits anything.",
            "A caller can reach other paths of the handler through it, past their keys; no function here is called by the host alone.",
            "constrain it: `{id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)}`, `{part:regex(^[a-z-]+$)}` or `{id:guid}`";
        ROUTE_CLASH = "route-clash",
            "Two functions have the same route and method.",
            "The host does not load the second.",
            "give `<function>` another `route`";
        ROUTE_RESERVED = "route-reserved",
            "A route begins with `admin` or `runtime`.",
            "The host keeps these for itself, and does not load the function.",
            "give `<function>` another `route`";
        ROUTES_MIXED = "routes-mixed",
            "host.json lists routes under `customHandler.http`, and there are function.json files.",
            "The host refuses to start with both.",
            "remove `customHandler.http`";
        AUTH_LEVEL = "auth-level",
            "A webhook's function, or one without `authLevel`, needs a function key.",
            "Without `authLevel` it is `function`: callers without a key get 401 on Azure, although `func start` lets them pass.",
            "write `\"authLevel\": \"anonymous\"`, or put `?code=<key>` into the hub's URL template";
        WEBHOOK_METHODS = "webhook-methods",
            "A webhook's function does not admit `OPTIONS` and `POST`.",
            "The service's handshake gets the host's 404, and no event is delivered.",
            "remove `methods` from `<function>/function.json`, or list `options` and `post`";
        BUNDLE_MISSING = "bundle-missing",
            "A function needs an extension, and host.json has no `extensionBundle`.",
            "The host does not load queue and Event Hubs triggers.",
            "add `\"extensionBundle\": {\"id\": \"Microsoft.Azure.Functions.ExtensionBundle\", \"version\": \"[4.*, 5.0.0)\"}`";
    }
}
