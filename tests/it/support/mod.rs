//! The actors and the infrastructure of the tests.

mod answer;
mod app;
mod authority;
mod azurite;
mod client;
#[cfg(feature = "dev")]
mod client_package;
#[cfg(feature = "dev")]
pub(crate) mod dev;
mod event;
mod folder;
#[cfg(feature = "dev")]
mod gate;
#[cfg(feature = "dev")]
mod holding_store;
#[cfg(feature = "dev")]
mod hub;
mod issuer;
#[cfg(feature = "dev")]
mod member;
#[cfg(feature = "dev")]
mod openai;
#[cfg(feature = "dev")]
pub(crate) mod program;
mod proxy;
#[cfg(feature = "dev")]
mod queues;
mod scripts;
#[cfg(feature = "dev")]
mod socket;
#[cfg(feature = "dev")]
mod store_settings;
#[cfg(feature = "dev")]
mod telemetry;
#[cfg(feature = "dev")]
mod trace_collector;
#[cfg(feature = "dev")]
mod world;

pub(crate) use answer::Answer;
#[cfg(feature = "dev")]
pub(crate) use app::trigger;
pub(crate) use app::{KEY, NOW, TestApp};
pub(crate) use authority::Authority;
pub(crate) use azurite::{Account, Azurite, STORAGE_KEY};
pub(crate) use client::{Client, dial, ticket};
#[cfg(feature = "dev")]
pub(crate) use client_package::ClientPackage;
#[cfg(feature = "dev")]
pub(crate) use dev::Dev;
pub(crate) use event::{Event, signature};
pub(crate) use folder::fresh_folder;
#[cfg(feature = "dev")]
pub(crate) use gate::Gate;
#[cfg(feature = "dev")]
pub(crate) use holding_store::{Hold, HoldingStore};
#[cfg(feature = "dev")]
pub(crate) use hub::Hub;
pub(crate) use issuer::Issuer;
#[cfg(feature = "dev")]
pub(crate) use member::Member;
#[cfg(feature = "dev")]
pub(crate) use openai::OpenAi;
pub(crate) use proxy::{Fault, Proxy};
pub(crate) use scripts::Script;
#[cfg(feature = "dev")]
pub(crate) use scripts::client_scripts;
#[cfg(feature = "dev")]
pub(crate) use socket::Socket;
#[cfg(feature = "dev")]
pub(crate) use store_settings::StoreSettings;
#[cfg(feature = "dev")]
pub(crate) use telemetry::{TelemetryEvent, chunked, telemetry_call};
#[cfg(feature = "dev")]
pub(crate) use trace_collector::TraceCollector;
#[cfg(feature = "dev")]
pub(crate) use world::World;
