//! Where a system is: its base URL, and what stays on this machine.

use crate::core::failure::{Failure, Result};
use url::{Host, Url};

/// Checks a base URL and takes its trailing slashes off.
///
/// # Errors
/// Class `config` when it is no http(s) URL, carries a password, or is plain http to another
/// machine without `insecure_http`.
pub fn base_url(typed: &str, insecure_http: bool) -> Result<Url> {
    // What stands before an '@' may be a password, and what follows a '?' a token: never shown.
    let shown = match typed.split(['?', '#']).next() {
        Some(shown) if !typed.contains('@') => format!(" '{}'", shown.escape_debug()),
        _ => String::new(),
    };
    let refuse =
        |why: &str| Failure::config(format!("the portal URL{shown} cannot be used: {why}"));
    let bare = typed.trim_matches(|sign: char| sign == '/' || sign.is_whitespace());
    let url = Url::parse(bare).map_err(|cause| {
        refuse(&cause.to_string()).hint("Write it like https://portal.example.")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::config("the portal URL must not carry a user name or password"));
    }
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(refuse("it has to begin with https:// or http://")
            .hint("Write it like https://portal.example."));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it must not have a query or a fragment"));
    }
    if url.scheme() == "http" && !is_loopback(&url) && !insecure_http {
        return Err(refuse("plain http would show the token to everybody on the way")
            .hint("Use https, or --insecure-http if you own the network in between."));
    }
    Ok(url)
}

/// Whether the URL stays on this machine. `localhost` is never asked of a name server.
pub fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| is_loopback_host(&host))
}

/// [`is_loopback`] for a host alone.
pub fn is_loopback_host(host: &Host<impl AsRef<str>>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name.as_ref().eq_ignore_ascii_case("localhost"),
    }
}

/// The absolute URL of a path below a base URL; each segment is percent-encoded whole.
pub fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}
