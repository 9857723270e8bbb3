//! What is answered.

pub(crate) mod answer;
pub(crate) mod app;
pub(crate) mod batches;
pub(crate) mod judge;
pub(crate) mod looks;
pub(crate) mod media;
pub(crate) mod openapi;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod route;
pub(crate) mod routes;
