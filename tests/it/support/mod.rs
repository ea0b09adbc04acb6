//! The actors and the infrastructure of the tests.

mod answer;
mod app;
mod azurite;
mod client;
#[cfg(feature = "dev")]
pub(crate) mod dev;
mod event;
mod folder;
#[cfg(feature = "dev")]
mod gate;
#[cfg(feature = "dev")]
mod holding_store;
mod issuer;
#[cfg(feature = "dev")]
mod member;
#[cfg(feature = "dev")]
mod openai;
mod proxy;
#[cfg(feature = "dev")]
mod queues;
mod scripts;
#[cfg(feature = "dev")]
mod socket;
#[cfg(feature = "dev")]
mod world;

pub(crate) use answer::Answer;
pub(crate) use app::{KEY, NOW, TestApp};
pub(crate) use azurite::{Account, Azurite, STORAGE_KEY};
pub(crate) use client::{Client, dial, ticket};
#[cfg(feature = "dev")]
pub(crate) use dev::Dev;
pub(crate) use event::{Event, signature};
pub(crate) use folder::fresh_folder;
#[cfg(feature = "dev")]
pub(crate) use gate::Gate;
#[cfg(feature = "dev")]
pub(crate) use holding_store::{Hold, HoldingStore};
pub(crate) use issuer::Issuer;
#[cfg(feature = "dev")]
pub(crate) use member::Member;
#[cfg(feature = "dev")]
pub(crate) use openai::OpenAi;
pub(crate) use proxy::{Fault, Proxy};
pub(crate) use scripts::Script;
#[cfg(feature = "dev")]
pub(crate) use socket::Socket;
#[cfg(feature = "dev")]
pub(crate) use world::World;
