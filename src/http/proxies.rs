//! Which proxy a request goes through, as the environment says it.
//!
//! Read here and not by the client library, because that one goes without a proxy where the
//! variable cannot be understood, or where `REQUEST_METHOD` is set: a user who names a proxy does
//! not want to be seen without it. The value is never shown, it may hold a password.

use crate::core::env;
use reqwest::{NoProxy, Proxy};
use url::Url;

/// What a proxy can speak.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// The variables that name a proxy for a scheme, strongest first.
fn variables(scheme: &str, cgi: bool) -> &'static [&'static str] {
    match (scheme, cgi) {
        ("https", _) => &[env::HTTPS_PROXY, "https_proxy", env::ALL_PROXY, "all_proxy"],
        // `HTTP_PROXY` is then the request header `Proxy`, which the client chose; some systems
        // do not distinguish capitals.
        (_, true) => &[env::ALL_PROXY, "all_proxy"],
        (_, false) => &[env::HTTP_PROXY, "http_proxy", env::ALL_PROXY, "all_proxy"],
    }
}

/// The first of these that is set and not blank, with its name. What is no text counts as set.
fn first(
    names: &[&'static str],
    read: &dyn Fn(&str) -> Option<String>,
) -> Option<(&'static str, String)> {
    names.iter().find_map(|name| {
        read(name).filter(|value| !value.trim().is_empty()).map(|value| (*name, value))
    })
}

/// The proxies for a client that talks to this URL; none where none is named.
///
/// # Errors
/// The name of the variable that cannot be understood.
pub(super) fn named(
    url: &Url,
    read: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, &'static str> {
    let cgi = read(env::REQUEST_METHOD).is_some();
    let Some((name, value)) = first(variables(url.scheme(), cgi), read) else { return Ok(None) };
    let proxy = parsed(&value).and_then(|proxy| match url.scheme() {
        "https" => Proxy::https(proxy).ok(),
        _ => Proxy::http(proxy).ok(),
    });
    let around = first(&[env::NO_PROXY, "no_proxy"], read);
    let around = around.and_then(|(_, list)| NoProxy::from_string(&list));
    proxy.map(|proxy| Some(proxy.no_proxy(around))).ok_or(name)
}

/// The way to a system, as it can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyRoute {
    /// No proxy is named for it.
    Direct,
    /// Through this one, without its user and password, from this variable.
    Proxy {
        /// Scheme, host and port.
        shown: String,
        /// The variable that names it.
        variable: &'static str,
        /// Whether some hosts are excepted.
        has_exceptions: bool,
    },
    /// The variable holds nothing that can be understood.
    Broken(&'static str),
}

/// The way to this URL, as the environment of this process says it.
pub fn way(url: &Url) -> ProxyRoute {
    way_by(url, &variable)
}

fn way_by(url: &Url, read: &dyn Fn(&str) -> Option<String>) -> ProxyRoute {
    if crate::core::base_url::is_loopback(url) {
        return ProxyRoute::Direct;
    }
    let cgi = read(env::REQUEST_METHOD).is_some();
    let Some((variable, value)) = first(variables(url.scheme(), cgi), read) else {
        return ProxyRoute::Direct;
    };
    let Some(proxy) = parsed(&value) else { return ProxyRoute::Broken(variable) };
    let host = proxy.host_str().unwrap_or_default();
    let port = proxy.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
    let masked =
        if proxy.username().is_empty() && proxy.password().is_none() { "" } else { "***@" };
    ProxyRoute::Proxy {
        shown: format!("{}://{masked}{host}{port}", proxy.scheme()),
        variable,
        has_exceptions: first(&[env::NO_PROXY, "no_proxy"], read).is_some(),
    }
}

/// The URL of a proxy; without a scheme it is http.
fn parsed(value: &str) -> Option<Url> {
    let value = value.trim();
    let whole = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let mut url = Url::parse(&whole).ok()?;
    let host = url.host_str().is_some_and(|host| !host.is_empty());
    if !host || !SCHEMES.contains(&url.scheme()) {
        return None;
    }
    if url.port().is_none() && url.scheme().starts_with("socks") {
        url.set_port(Some(1080)).ok()?;
    }
    Some(url)
}

/// A variable of this process; what is no text cannot be understood as a proxy, but is set.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(url: &str, set: &[(&str, &str)]) -> Result<Option<String>, &'static str> {
        let url = Url::parse(url).expect("a URL");
        let read = |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        named(&url, &read).map(|proxy| proxy.map(|proxy| format!("{proxy:?}")))
    }

    #[test]
    fn the_variable_of_the_scheme_is_first_and_the_capitals_are() {
        let https = "https://portal.example";
        assert_eq!(chosen(https, &[]), Ok(None));
        assert_eq!(chosen(https, &[("HTTPS_PROXY", " "), ("NO_PROXY", "*")]), Ok(None));
        for (set, host) in [
            (&[("HTTPS_PROXY", "http://a:1"), ("https_proxy", "http://b:1")][..], "a"),
            (&[("HTTPS_PROXY", ""), ("https_proxy", "b:1")], "b"),
            (&[("https_proxy", "b:1"), ("ALL_PROXY", "socks5://c")], "b"),
            (&[("HTTP_PROXY", "http://d:1"), ("all_proxy", "socks5h://c")], "c"),
            (&[("ALL_PROXY", "c"), ("REQUEST_METHOD", "GET")], "c"),
        ] {
            let proxy = chosen(https, set).expect("understood").expect("a proxy");
            assert!(proxy.contains(&format!("Domain(\"{host}\")")), "{proxy}");
        }
    }

    #[test]
    fn the_way_is_told_without_the_password() {
        let way = |url: &str, set: &[(&str, &str)]| {
            let read = |name: &str| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            way_by(&Url::parse(url).expect("a URL"), &read)
        };
        let set = [("HTTPS_PROXY", "http://user:hunter2@proxy.example:3128"), ("NO_PROXY", "x")];
        let ProxyRoute::Proxy { shown, variable, has_exceptions } =
            way("https://portal.example", &set)
        else {
            panic!("a proxy");
        };
        assert_eq!((shown.as_str(), variable), ("http://***@proxy.example:3128", "HTTPS_PROXY"));
        assert!(has_exceptions);
        assert_eq!(way("https://localhost:8443", &set), ProxyRoute::Direct);
        assert_eq!(way("https://portal.example", &[]), ProxyRoute::Direct);
        assert_eq!(
            way("https://portal.example", &[("ALL_PROXY", "::")]),
            ProxyRoute::Broken("ALL_PROXY")
        );
    }

    #[test]
    fn under_a_web_server_its_visitors_choose_no_proxy() {
        let http = "http://portal.example";
        let set = [("HTTP_PROXY", "http://evil:1"), ("http_proxy", "http://evil:1")];
        assert!(chosen(http, &set).expect("understood").is_some());
        assert_eq!(chosen(http, &[&set[..], &[("REQUEST_METHOD", "GET")]].concat()), Ok(None));
    }

    #[test]
    fn what_is_no_proxy_is_told_by_the_name_of_its_variable() {
        for bad in ["::::", "http://", "ftp://x:1", "http://[::1", "http://x:99999", "a b", "@"] {
            let proxy = chosen("https://portal.example", &[("ALL_PROXY", bad)]);
            assert_eq!(proxy, Err("ALL_PROXY"), "{bad}");
        }
        // It has no part in what goes another way.
        let proxy = chosen("http://portal.example", &[("HTTPS_PROXY", "::::")]);
        assert_eq!(proxy, Ok(None));
    }
}
