//! The clients of a run: one for each way that a request can go. Several threads share them, so
//! that trust roots are loaded once however many systems are asked at the same time.

use super::failure::TransportError;
use super::proxies;
use crate::core::base_url::is_loopback;
use crate::core::class::Class;
use crate::core::trust;
use reqwest::blocking::Client;
use rustls::ClientConfig;
use rustls::crypto::ring;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// Clients that several can share; each is built at its first use.
#[derive(Clone, Default)]
pub struct ClientPool(Arc<Mutex<Vec<(Way, Client)>>>);

/// The only protocol that is spoken, as it is announced to a server.
const HTTP_1_1: &[u8] = b"http/1.1";

/// What tells one client from another: how it trusts, and how it gets to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    https: bool,
    /// No proxy is used on this machine.
    loopback: bool,
    /// The port where `localhost` is looked up by the client itself.
    localhost_port: Option<u16>,
    connect_timeout: Duration,
}

impl Way {
    fn new(url: &Url, connect_timeout: Duration) -> Self {
        let is_localhost =
            url.host_str().is_some_and(|host| host.eq_ignore_ascii_case("localhost"));
        Self {
            https: url.scheme() == "https",
            loopback: is_loopback(url),
            localhost_port: url.port_or_known_default().filter(|_| is_localhost),
            connect_timeout,
        }
    }
}

impl ClientPool {
    /// The client for this URL; a new one where a fresh connection is asked for, since an old one
    /// may keep a used connection open.
    pub(super) fn client(
        &self,
        url: &Url,
        connect_timeout: Duration,
        fresh: bool,
    ) -> Result<Client, TransportError> {
        let way = Way::new(url, connect_timeout);
        // Held while one is built: a request that comes meanwhile needs the same one.
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if fresh {
            clients.retain(|(known, _)| *known != way);
        } else if let Some((_, client)) = clients.iter().find(|(known, _)| *known == way) {
            return Ok(client.clone());
        }
        let client = build(url, connect_timeout)?;
        clients.push((way, client.clone()));
        Ok(client)
    }
}

fn build(url: &Url, connect_timeout: Duration) -> Result<Client, TransportError> {
    let proxy = if is_loopback(url) {
        // What stays on this machine has no business at a proxy.
        None
    } else {
        proxies::named(url, &proxies::variable).map_err(|name| {
            let message = format!(
                "the proxy in {name} cannot be used: write it like http://proxy.example:3128"
            );
            TransportError::unsent(Class::Config, &message)
        })?
    };
    build_client(url, proxy, connect_timeout).map_err(|cause| {
        let message =
            "the network client cannot start; check the proxy variables and SSL_CERT_FILE";
        let mut error = TransportError::unsent(Class::Config, message);
        error.cause = Some(anyhow::Error::new(cause));
        error
    })
}

/// How connections are secured where this program knows best what the system trusts.
fn system_trust() -> Option<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let verifier = trust::system(&provider)?;
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.ok()?.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Some(config)
}

fn build_client(
    url: &Url,
    proxy: Option<reqwest::Proxy>,
    connect_timeout: Duration,
) -> reqwest::Result<Client> {
    // Fails only when a provider is installed already, which is what is wanted.
    let _ = ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("topup/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .timeout(None)
        .connect_timeout(connect_timeout);
    if url.scheme() == "http" {
        builder = builder.tls_certs_only(std::iter::empty());
    } else if let Some(config) = system_trust() {
        builder = builder.tls_backend_preconfigured(config);
    }
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy);
    }
    if is_loopback(url) {
        // `localhost` is decided here: a name server that says otherwise would get the token.
        let port = url.port_or_known_default().unwrap_or(80);
        builder = builder.no_proxy().resolve_to_addrs(
            "localhost",
            &[
                SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
                SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port),
            ],
        );
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_the_same_way_shares_a_client() {
        let way = |url: &str| Way::new(&Url::parse(url).expect(url), Duration::from_secs(10));
        assert_eq!(way("https://a.example/x"), way("https://b.example:8443/y"));
        assert_eq!(way("http://127.0.0.1:1/"), way("http://127.0.0.1:2/"));
        assert_ne!(way("http://a.example/"), way("https://a.example/"));
        assert_ne!(way("http://a.example/"), way("http://127.0.0.1/"));
        // The name of this machine is looked up for one port.
        assert_ne!(way("http://localhost:1/"), way("http://localhost:2/"));
    }

    #[test]
    fn a_fresh_client_takes_the_place_of_the_old_one() {
        let pool = ClientPool::default();
        let url = Url::parse("http://127.0.0.1:9/").expect("a URL");
        for fresh in [false, false, true, false] {
            pool.client(&url, Duration::from_secs(1), fresh).expect("a client");
            assert_eq!(pool.0.lock().expect("no panic").len(), 1);
        }
    }
}
