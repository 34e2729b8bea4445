//! Which server is meant by a URL, and how the way to it is kept private.
//!
//! A password never crosses a network in the open unless the URL says so: away from this machine
//! the connection is encrypted and the certificate verified, whatever `sslmode` asks for short of
//! `disable`. On this machine there is nobody in between, and servers offer there a certificate
//! that nobody vouches for; so it is plain unless `sslmode=require` is given.

use super::connection::{Connection, Halves, Unmade};
use super::failure::{Failed, Kind, failed, is_unheard};
use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Where a Debian server has its socket: what a URL without a host means there.
const USUAL_SOCKET: &str = "/var/run/postgresql";
/// A server that is gone without a word is noticed after this at the latest.
const UNHEARD: Duration = Duration::from_secs(20);
/// How long a connection is silent before it is asked whether it is still there, and how often.
const SILENT: Duration = Duration::from_secs(15);
const ASKED: Duration = Duration::from_secs(5);

/// What is taken over from the URL. Everything else that other programs understand there is left
/// out: time limits are ours, and what nobody here knows must not break a URL that works elsewhere.
const KNOWN: &[&str] = &[
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "sslnegotiation",
    "host",
    "hostaddr",
    "port",
    "target_session_attrs",
    "channel_binding",
    "load_balance_hosts",
];

/// A server and a database on it.
#[derive(Clone, Debug)]
pub struct Target {
    config: Config,
    /// Where else it may be, should nobody listen there.
    otherwise: Option<Config>,
    /// What is trusted; none: the connection is plain.
    trust: Option<Trust>,
    /// Host and database, without the password.
    pub place: String,
}

/// Whose word is taken for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trust {
    /// That of the system's roots, or of those in SSL_CERT_FILE.
    System,
    /// That of the roots in this file.
    File(String),
}

impl Target {
    /// The place, and what tells it from another one in the same database: a schema.
    pub fn exact_place(&self) -> String {
        match self.config.get_options() {
            Some(options) => format!("{} ({options})", self.place),
            None => self.place.clone(),
        }
    }

    /// Reads a URL. What goes wrong is told without the URL: a password is in it.
    ///
    /// # Errors
    /// Class `config`.
    pub fn read(url: &str, connect: Duration) -> Result<Self> {
        let (base, options) = url.split_once('?').unwrap_or((url, ""));
        if base.matches('@').count() > 1 {
            return Err(unreadable("it has more than one @"));
        }
        let mut known = Vec::new();
        let (mut mode, mut roots) = (None, None);
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            match key {
                "sslmode" => mode = Some(decoded(value)),
                "sslrootcert" => roots = Some(decoded(value)),
                "target_session_attrs" if value == "primary" => {
                    known.push(format!("{key}=read-write"));
                }
                "target_session_attrs" if !matches!(value, "any" | "read-write") => {}
                // The reader of the URL takes the first @ for the end of the password.
                _ if KNOWN.contains(&key) => known.push(option.replace('@', "%40")),
                _ => {}
            }
        }
        let plain = format!("{base}?{}", known.join("&"));
        let plain = plain.trim_end_matches('?');
        let mut config: Config =
            plain.parse().map_err(|cause| unreadable(&super::failure::words(&cause)))?;
        let here = name_hosts(&mut config);
        let trust = trust(&config, mode.as_deref(), roots)?;
        config.ssl_mode(if trust.is_some() { SslMode::Require } else { SslMode::Disable });
        let hosts = config.get_hosts().len().max(config.get_hostaddrs().len()).max(1);
        config
            .connect_timeout(connect / u32::try_from(hosts).unwrap_or(1))
            .tcp_user_timeout(UNHEARD)
            .keepalives_idle(SILENT)
            .keepalives_interval(ASKED)
            .keepalives_retries(3);
        if config.get_application_name().is_none() {
            config.application_name("topup");
        }
        let place = place(&config);
        let mut otherwise = None;
        if here {
            otherwise = Some(config.clone());
            config.hostaddr(IpAddr::V4(Ipv4Addr::LOCALHOST));
            otherwise.as_mut().map(|config| config.hostaddr(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        }
        Ok(Self { config, otherwise, trust, place })
    }

    /// Makes a connection, within this time for all of its hosts together.
    ///
    /// # Errors
    /// Class `network`, `timeout`, `tls` or `config`.
    pub fn connect(&self, within: Duration) -> Result<Connection, Failed> {
        let told = |error| Failed { kind: Kind::Told, error };
        let secure = self.trust.as_ref().map(Trust::load).transpose().map_err(told)?;
        let secure = secure.map(MakeRustlsConnect::new);
        let connect = async |config: &Config| match &secure {
            Some(secure) => config.connect(secure.clone()).await.map(Halves::from),
            None => config.connect(NoTls).await.map(Halves::from),
        };
        let connecting = async {
            match (connect(&self.config).await, &self.otherwise) {
                (Err(cause), Some(otherwise)) if is_unheard(&cause) => connect(otherwise).await,
                (result, _) => result,
            }
        };
        // No connection is no lost one: nothing was asked of it.
        Connection::make(connecting, within).map_err(|unmade| {
            told(match unmade {
                Unmade::Refused(cause) => failed(cause, &self.place, true).error,
                Unmade::Late => {
                    let limit = crate::core::duration::show(within);
                    let place = &self.place;
                    let message = format!("the ledger {place} gave no answer within {limit}");
                    Failure::new(Class::Timeout, message)
                }
                Unmade::Unable(cause) => {
                    Failure::internal("nothing can wait for the ledger here").because(cause)
                }
            })
        })
    }
}

fn unreadable(why: &str) -> Failure {
    Failure::config(format!("the URL of the ledger cannot be understood: {why}")).hint(
        "Write TOPUP_LEDGER_URL like postgres://user:password@host/database, with %40 for an @ \
         in the password.",
    )
}

/// A percent-encoded value; a plus is a plus.
fn decoded(value: &str) -> String {
    let pair = format!("value={}", value.replace('+', "%2B"));
    let mut pairs = url::form_urlencoded::parse(pair.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Gives a host to a URL without one, and says whether it is `localhost`: its address is decided
/// here, because a name server that says otherwise would get the password.
fn name_hosts(config: &mut Config) -> bool {
    if !config.get_hostaddrs().is_empty() {
        return false;
    }
    if config.get_hosts().is_empty() {
        let usual = if Path::new(USUAL_SOCKET).is_dir() { USUAL_SOCKET } else { "localhost" };
        config.host(usual);
    }
    matches!(config.get_hosts(), [Host::Tcp(name)] if name.eq_ignore_ascii_case("localhost"))
}

/// Whether every way that this may take stays on this machine.
fn stays_here(config: &Config) -> bool {
    if !config.get_hostaddrs().is_empty() {
        return config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

/// Sockets have no TLS, whatever is asked for.
fn is_socket(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| !matches!(host, Host::Tcp(_)))
        && config.get_hostaddrs().is_empty()
}

fn trust(config: &Config, mode: Option<&str>, roots: Option<String>) -> Result<Option<Trust>> {
    let encrypted = match mode {
        Some("disable") => false,
        Some("require" | "verify-ca" | "verify-full") => !is_socket(config),
        // Both leave the choice to the server, or to whoever sits in between.
        None | Some("allow" | "prefer") => !stays_here(config),
        Some(_) => return Err(unreadable("its sslmode is none")),
    };
    Ok(encrypted.then_some(match roots {
        Some(file) if file != "system" => Trust::File(file),
        _ => Trust::System,
    }))
}

impl Trust {
    fn load(&self) -> Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let unusable = |cause: rustls::Error| {
            Failure::new(Class::Tls, format!("no certificate can be verified: {cause}"))
                .because(cause)
                .hint("Install the certificates of the system, or name a file in SSL_CERT_FILE.")
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?;
        let mut config = match self {
            Self::System => {
                let verifier = system_verifier(provider).map_err(unusable)?;
                builder.dangerous().with_custom_certificate_verifier(verifier)
            }
            Self::File(file) => builder.with_root_certificates(roots(file)?),
        }
        .with_no_client_auth();
        // Asked for by servers that speak TLS from the first byte.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(config)
    }
}

fn system_verifier(
    provider: Arc<CryptoProvider>,
) -> Result<Arc<rustls_platform_verifier::Verifier>, rustls::Error> {
    rustls_platform_verifier::Verifier::new(provider).map(Arc::new)
}

fn roots(file: &str) -> Result<RootCertStore> {
    let unusable = |why: String| {
        Failure::config(format!("the certificates in {file} cannot be used: {why}"))
            .hint("Let sslrootcert in TOPUP_LEDGER_URL name a file with certificates in PEM.")
    };
    let mut roots = RootCertStore::empty();
    let found = CertificateDer::pem_file_iter(file).map_err(|cause| unusable(cause.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|cause| unusable(cause.to_string()))?;
        roots.add(certificate).map_err(|cause| unusable(cause.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("there is none".into()));
    }
    Ok(roots)
}

/// `postgres://host/database`, as a person may see it.
fn place(config: &Config) -> String {
    let port = |at: usize| {
        let ports = config.get_ports();
        match ports.get(at).or(ports.first()) {
            None | Some(5432) => String::new(),
            Some(port) => format!(":{port}"),
        }
    };
    let mut hosts: Vec<String> = Vec::new();
    for (at, host) in config.get_hosts().iter().enumerate() {
        let name = match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]{}", port(at)),
            Host::Tcp(name) => format!("{name}{}", port(at)),
            #[cfg(unix)]
            Host::Unix(folder) => format!("[{}]", folder.display()),
        };
        if !hosts.contains(&name) {
            hosts.push(name);
        }
    }
    if hosts.is_empty() {
        hosts.extend(config.get_hostaddrs().iter().map(ToString::to_string));
    }
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("postgres://{}/{database}", hosts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Target {
        Target::read(url, Duration::from_secs(9)).unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    #[test]
    fn away_from_this_machine_it_is_always_tls() {
        for (url, encrypted) in [
            ("postgres://db.example/x", true),
            ("postgres://db.example/x?sslmode=prefer", true),
            ("postgres://db.example/x?sslmode=allow", true),
            ("postgres://db.example/x?sslmode=verify-ca", true),
            ("postgres://db.example/x?sslmode=disable", false),
            ("postgres://127.0.0.1/x", false),
            ("postgres://localhost/x?sslmode=prefer", false),
            ("postgres://localhost/x?sslmode=require", true),
            ("postgres://[::1]/x", false),
            ("postgres://localhost,db.example/x", true),
            ("postgres://localhost/x?hostaddr=192.0.2.1", true),
            ("postgres://db.example/x?hostaddr=127.0.0.1", false),
            ("postgres://%2Frun%2Fpg/x", false),
            ("postgres:///x?host=/run/pg&sslmode=require", false),
        ] {
            let target = read(url);
            assert_eq!(target.trust.is_some(), encrypted, "{url}");
            let mode = if encrypted { SslMode::Require } else { SslMode::Disable };
            assert_eq!(target.config.get_ssl_mode(), mode, "{url}");
        }
        let named = read("postgres://db.example/x?sslrootcert=/etc/a%20b+c.pem");
        assert_eq!(named.trust, Some(Trust::File("/etc/a b+c.pem".into())));
        let system = read("postgres://db.example/x?sslrootcert=system");
        assert_eq!(system.trust, Some(Trust::System));
    }

    #[test]
    fn a_place_shows_no_password_and_what_is_unknown_is_left_out() {
        for (url, place) in [
            (
                "postgres://anna:s3cret@db.example/pool?connect_timeout=x&gssencmode=disable",
                "postgres://db.example/pool",
            ),
            ("postgresql://anna:s3cret@db.example:5433", "postgres://db.example:5433/anna"),
            (
                "postgres://a,b:6432/pool?target_session_attrs=primary&keepalives=maybe",
                "postgres://a,b:6432/pool",
            ),
            (
                "postgres://localhost/pool?password=s3cret&application_name=a@b",
                "postgres://localhost/pool",
            ),
            (
                "postgres://anna:s3cret@[::1]:5433/pool?target_session_attrs=prefer-standby",
                "postgres://[::1]:5433/pool",
            ),
            ("postgres://anna:s3cret@%2Frun%2Fpg/pool", "postgres://[/run/pg]/pool"),
        ] {
            let target = read(url);
            assert_eq!(target.place, place);
            assert!(!format!("{target:?}").contains("s3cret"), "{url}");
        }
        let local = read("postgres://LocalHost:5433/x");
        assert_eq!(local.config.get_hostaddrs().len(), 1, "no name server is asked for it");
        assert_eq!(local.place, "postgres://LocalHost:5433/x");
        let shared = read("postgres://a,b,c/x");
        assert_eq!(shared.config.get_connect_timeout(), Some(&Duration::from_secs(3)));
    }

    #[test]
    fn what_cannot_be_understood_is_told_without_the_url() {
        for url in [
            "postgres://anna:s3c@ret@db.example/x",
            "postgres://anna:s3cret@db.example:port/x",
            "postgres://anna:s3cret@db.example/x?sslmode=maybe",
            "postgres://anna:s3cret?x@db.example/x",
        ] {
            let refused = Target::read(url, Duration::from_secs(9)).expect_err(url);
            assert_eq!(refused.class(), Class::Config, "{url}");
            let told = format!("{refused:?}");
            assert!(!told.contains("s3c") && !told.contains("ret@"), "{told}");
        }
        let missing = read("postgres://db.example/x?sslrootcert=/nowhere/roots.pem");
        let refused = missing.trust.expect("trust").load().expect_err("no such file");
        assert!(refused.to_string().contains("/nowhere/roots.pem"), "{refused}");
    }
}
