//! Which entries of a ledger.

use clap::Args;
use tracking_core::order::{Country, CustomerId};
use tracking_core::rfc3339;
use tracking_ledger::{Filter, Reference, RequestId, TokenName};

/// Those for which all that is given holds.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Filter")]
pub(crate) struct FilterArgs {
    /// Of this customer: a UUID with its hyphens
    #[arg(long, value_name = "UUID")]
    customer_id: Option<CustomerId>,
    /// With this reference
    #[arg(long, value_name = "TEXT")]
    reference: Option<Reference>,
    /// Of the request with this X-Request-Id
    #[arg(long, value_name = "ID")]
    request_id: Option<RequestId>,
    /// From this country: an ISO 3166-1 alpha-2 code such as MY
    #[arg(long, value_name = "COUNTRY")]
    origin_country_id: Option<Country>,
    /// To this country
    #[arg(long, value_name = "COUNTRY")]
    destination_country_id: Option<Country>,
    /// Asked for with the token of this name
    #[arg(long, value_name = "NAME")]
    token: Option<TokenName>,
    /// Issued at this time or later, by RFC 3339 such as 2027-01-15T08:00:00+08:00
    #[arg(long, value_name = "TIME", value_parser = rfc3339::parse)]
    from: Option<i64>,
    /// Issued before this time
    #[arg(long, value_name = "TIME", value_parser = rfc3339::parse)]
    to: Option<i64>,
}

impl FilterArgs {
    pub(crate) fn filter(&self) -> Filter {
        let args = self.clone();
        Filter {
            customer_id: args.customer_id,
            reference: args.reference,
            request_id: args.request_id,
            origin_country_id: args.origin_country_id,
            destination_country_id: args.destination_country_id,
            token: args.token,
            from_ms: args.from,
            to_ms: args.to,
        }
    }
}
