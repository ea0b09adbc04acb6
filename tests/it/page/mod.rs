//! The page that `dev` serves: how it is built and served, the sign-in for developers, and the page
//! itself in Chromium.

mod build;
mod scenarios;
mod serving;
mod sign_in;
mod site;
