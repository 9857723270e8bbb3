//! What the tests share: a client, a server in this process, the program as a child.

mod client;
mod in_process;
mod program;
mod switch;

pub(crate) use client::{Answer, Client, ask, query};
pub(crate) use in_process::InProcess;
pub(crate) use program::{Program, run_to_end};
pub(crate) use switch::Switch;

/// The parameters of an order, all of them right.
pub(crate) const FULL: [(&str, &str); 7] = [
    ("origin_country_id", "MY"),
    ("destination_country_id", "ID"),
    ("weight", "1.234"),
    ("created_at", "2024-01-01T12:00:00+08:00"),
    ("customer_id", "de619854-b59b-425e-9db4-943979e1bd49"),
    ("customer_name", "RedBox Logistics"),
    ("customer_slug", "redbox-logistics"),
];
