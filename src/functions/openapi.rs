//! `openapi.json`: a description of the API, generated from the code.

use axum::Json;
use axum::extract::State;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Info, OpenApi, Ref, RefOr, Schema, Server};
use utoipa::{PartialSchema, ToSchema};

use crate::app::AppState;
use crate::assistant;
use crate::conversation::log::MessageFrame;
use crate::feeds;
use crate::functions::connect_event::greeting::Greeting;
use crate::functions::message_event::frame::schemas::{self, FrameSchema};
use crate::http::problem::{self, ProblemBody};

/// `GET /api/openapi.json`
#[utoipa::path(
    get, path = "/api/openapi.json", operation_id = "getOpenApi", tag = "operations",
    summary = "This description", security(()),
    responses((status = 200, description = "An OpenAPI 3.1 document"))
)]
pub async fn get(State(state): State<AppState>) -> Json<OpenApi> {
    Json(state.openapi())
}

/// Adds everything that no single route describes.
pub fn finish(mut document: OpenApi) -> OpenApi {
    let mut info = Info::new("Switchboard", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "A real-time back end for Azure Functions and Azure Web PubSub. Errors are problem \
         documents (RFC 9457) with a stable `code`."
            .to_owned(),
    );
    document.info = info;
    document.servers = Some(vec![Server::new("/")]);
    let components = document.components.get_or_insert_default();
    let problem = (problem::SCHEMA.to_owned(), ProblemBody::schema());
    components.schemas.extend([problem]);
    add_frames(components);
    components.add_security_scheme("bearer", bearer());
    components.add_security_scheme("signature", signature());
    document
}

/// Describes the frames of the socket beside the routes: `ClientFrame` is any frame that a client
/// sends, `ServerFrame` any that it receives.
fn add_frames(components: &mut Components) {
    let client = schemas::client_frames();
    let server = schemas::server_frames();
    let client: Vec<_> = client
        .into_iter()
        .map(|frame| add_frame(components, "ClientFrame", frame))
        .collect();
    let mut server: Vec<_> = server
        .into_iter()
        .map(|frame| add_frame(components, "ServerFrame", frame))
        .collect();
    server.push(add_tagged::<MessageFrame>(components));
    server.push(add_tagged::<Greeting<'_>>(components));
    server.push(add_tagged::<feeds::frame::Frame<'_>>(components));
    server.push(add_tagged::<assistant::frames::Frame<'_>>(components));
    for (name, frames) in [("ClientFrame", client), ("ServerFrame", server)] {
        let any = frames
            .into_iter()
            .fold(OneOfBuilder::new(), OneOfBuilder::item);
        components.schemas.insert(name.to_owned(), any.into());
    }
}

fn add_frame(components: &mut Components, union: &str, frame: FrameSchema) -> Ref {
    let name = format!("{union}.{}", frame.kind);
    components.schemas.extend(frame.parts);
    let fields = with_type(frame.fields, frame.kind);
    components.schemas.insert(name.clone(), fields);
    Ref::from_schema_name(name)
}

/// An enum whose variants have their `type` already.
fn add_tagged<T: ToSchema>(components: &mut Components) -> Ref {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    components.schemas.extend(parts);
    let name = T::name().into_owned();
    components.schemas.insert(name.clone(), T::schema());
    Ref::from_schema_name(name)
}

fn with_type(fields: RefOr<Schema>, kind: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .enum_values(Some([kind]));
    let tag = ObjectBuilder::new().property("type", text).required("type");
    match fields {
        RefOr::T(Schema::Object(mut object)) => {
            let tag = tag.build();
            object.properties.extend(tag.properties);
            object.required.extend(tag.required);
            object.into()
        }
        other => AllOfBuilder::new().item(tag).item(other).into(),
    }
}

fn bearer() -> SecurityScheme {
    let http = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A JWT, or `API_TOKEN` for back ends"));
    SecurityScheme::Http(http.build())
}

fn signature() -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "ce-signature",
        "The Web PubSub service's signature of the connection id; with a managed identity the \
         service sends an Entra token instead",
    )))
}
