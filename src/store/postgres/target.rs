//! Which server is meant by a URL, and how the way to it is kept private.
//!
//! A password never crosses a network in the open unless the URL says so: away from this machine
//! the connection is encrypted and the certificate verified, whatever `sslmode` asks for short of
//! `disable`. On this machine there is nothing in between, and servers offer there a certificate
//! that no authority vouches for; so it is plain unless `sslmode=require` is given.

use super::connection::{Connection, Halves, Unmade};
use super::failure::{
    REFUSES_OPTIONS, ServerFailure, ServerFailureKind, failed, is_about_password, is_unheard,
    none_leads, words,
};
use super::libpq::{self, Password};
use super::options::{self, mend_of_option};
use super::place::ServerPlace;
use super::purpose::Purpose;
use super::trust::Trust;
use crate::core::class::Class;
use crate::core::environment::Variables;
use crate::core::failure::{Failure, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_postgres::config::{ChannelBinding, Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

/// Where a Debian server has its socket: what a URL without a host means there.
const USUAL_SOCKET: &str = "/var/run/postgresql";
/// A server that is gone without a word is noticed after this at the latest.
const UNHEARD: Duration = Duration::from_secs(20);
/// How long a connection is silent before it is asked whether it is still there, and how often.
const SILENT: Duration = Duration::from_secs(15);
const ASKED: Duration = Duration::from_secs(5);

/// What is taken over from the URL. Everything else that other programs understand there is left
/// out: time limits are ours, and what is not known here must not break a URL that works elsewhere.
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
pub struct ServerTarget {
    config: Config,
    /// Where else it may be, should no server listen there.
    otherwise: Option<Config>,
    /// What is trusted; none: the connection is plain.
    trust: Option<Trust>,
    /// A file of passwords that is not used, because others can read it.
    exposed: Option<PathBuf>,
    /// Where it is, as messages name it.
    pub place: ServerPlace,
    /// What tells a connection of this program from those of a pooler, where that matters.
    mark: Option<String>,
}

impl ServerTarget {
    /// The place, and what tells it from another one in the same database: a schema.
    pub fn exact_place(&self, schema: Option<&str>) -> String {
        match (self.config.get_options(), schema) {
            (Some(options), _) => format!("{} ({options})", self.place.name),
            (None, Some(schema)) if schema != "public" => {
                format!("{} (schema {schema})", self.place.name)
            }
            (None, _) => self.place.name.clone(),
        }
    }

    /// What the URL asks the server to set.
    pub fn options(&self) -> &str {
        self.config.get_options().unwrap_or_default()
    }

    /// Reads a URL, and what libpq finds beside it. What goes wrong is reported without the URL: a
    /// password is in it.
    ///
    /// # Errors
    /// Class `config`.
    pub fn read(
        purpose: &'static Purpose,
        url: &str,
        connect: Duration,
        variables: &Variables,
    ) -> Result<Self> {
        let unreadable = |why: String| unreadable(purpose, &why);
        let (base, options) = url.split_once('?').unwrap_or((url, ""));
        if base.matches('@').count() > 1 {
            return Err(unreadable("it has more than one @".to_owned()));
        }
        let mut known = Vec::new();
        let mut said = Said::default();
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            match key {
                "sslmode" => said.mode = Some(decoded(value)),
                "sslrootcert" => said.roots = Some(decoded(value)),
                "service" => said.service = Some(decoded(value)),
                "passfile" => said.passfile = Some(decoded(value)),
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
        let mut config: Config = plain.parse().map_err(|cause| unreadable(words(&cause)))?;
        for (key, value) in libpq::service(said.service.take(), purpose.variable, variables)? {
            let is_said = known.iter().any(|option| option.split('=').next() == Some(&key));
            if !is_said {
                complete(&mut config, &mut said, &key, &value).map_err(unreadable)?;
            }
        }
        let here = name_hosts(&mut config);
        let mut exposed = None;
        if config.get_password().is_none() {
            let password = password(&config, &said, variables);
            exposed = password.exposed;
            password.found.map(|password| config.password(password));
        }
        let trust = trust(&config, said.mode.as_deref(), said.roots).map_err(unreadable)?;
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
        let place = ServerPlace { name: place(&config), purpose };
        let mut otherwise = None;
        if here {
            otherwise = Some(config.clone());
            config.hostaddr(IpAddr::V4(Ipv4Addr::LOCALHOST));
            otherwise.as_mut().map(|config| config.hostaddr(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        }
        let mark = purpose.holds_sessions.then(|| Uuid::new_v4().to_string());
        Ok(Self { config, otherwise, trust, exposed, place, mark })
    }

    /// Understands a failure of this server, after it was reached.
    pub fn failed(&self, cause: tokio_postgres::Error) -> ServerFailure {
        failed(cause, &self.place, false)
    }

    /// Whether this is what was said to the server when the connection was made.
    pub fn is_mark(&self, said: &str) -> bool {
        self.mark.as_deref() == Some(said)
    }

    /// Stops marking connections: a pooler refuses that.
    pub fn leave_unmarked(&mut self) -> bool {
        self.mark.take().is_some()
    }

    fn marked(&self, config: &Config) -> Config {
        let mut config = config.clone();
        if let Some(mark) = &self.mark {
            let options = config.get_options().unwrap_or_default();
            let options = format!("{options} -c {}={mark}", options::MARK);
            config.options(options.trim_start());
        }
        config
    }

    /// Makes a connection, within this time for all of its hosts together.
    ///
    /// # Errors
    /// Class `network`, `timeout`, `tls` or `config`.
    pub fn connect(&self, within: Duration) -> Result<Connection, ServerFailure> {
        let final_failure = |error| ServerFailure { kind: ServerFailureKind::Final, error };
        let variable = self.place.purpose.variable;
        let secure = self
            .trust
            .as_ref()
            .map(|trust| trust.load(variable))
            .transpose()
            .map_err(final_failure)?;
        let secure = secure.map(MakeRustlsConnect::new);
        let connect = async |config: &Config| match &secure {
            Some(secure) => self.marked(config).connect(secure.clone()).await.map(Halves::from),
            None => self.marked(config).connect(NoTls).await.map(Halves::from),
        };
        let connecting = async {
            match (connect(&self.config).await, &self.otherwise) {
                (Err(cause), Some(otherwise)) if is_unheard(&cause) => connect(otherwise).await,
                (result, _) => result,
            }
        };
        // No connection is no lost one: nothing was asked of it.
        Connection::make(connecting, within).map_err(|unmade| {
            final_failure(match unmade {
                Unmade::Refused(cause) => return self.refused(cause),
                Unmade::Late => {
                    let limit = crate::core::duration::show(within);
                    let place = &self.place;
                    let message = format!("{place} gave no answer within {limit}");
                    Failure::new(Class::Timeout, message)
                }
                Unmade::Unable(cause) => {
                    Failure::internal("nothing can wait for a server here").because(cause)
                }
            })
        })
    }
}

impl ServerTarget {
    /// Understands why there is no connection.
    fn refused(&self, cause: tokio_postgres::Error) -> ServerFailure {
        let lacks_password = is_about_password(&cause);
        let refuses_options = words(&cause).contains(REFUSES_OPTIONS);
        let failed = failed(cause, &self.place, true);
        if refuses_options {
            let options = options::options(self.options());
            let hint = |error: Failure, (name, value): &(String, String)| {
                error.hint(mend_of_option(self.place.purpose, name, value))
            };
            let error = options.iter().fold(failed.error, hint);
            return ServerFailure { error, ..failed };
        }
        let of_several = self.config.get_hosts().len() > 1
            && self.config.get_target_session_attrs() == TargetSessionAttrs::ReadWrite;
        if of_several && failed.error.class() == Class::Network {
            return none_leads(&self.place, failed.error);
        }
        let Some(file) = self.exposed.as_ref().filter(|_| lacks_password) else { return failed };
        let error = failed.error.hint_with(
            "The passwords in {0} were not used, because others can read it: 'chmod 600 {0}'.",
            &[&file.display()],
        );
        ServerFailure { error, ..failed }
    }
}

/// What a URL says beside what its reader takes.
#[derive(Default)]
struct Said {
    mode: Option<String>,
    roots: Option<String>,
    service: Option<String>,
    passfile: Option<String>,
}

/// Takes a setting of a service where the URL does not have it.
fn complete(config: &mut Config, said: &mut Said, key: &str, value: &str) -> Result<(), String> {
    let number =
        || value.parse::<u16>().map_err(|_| "the port of its service is not valid".to_owned());
    match key {
        "host" if config.get_hosts().is_empty() => {
            for host in value.split(',') {
                config.host(host);
            }
        }
        "hostaddr" if config.get_hostaddrs().is_empty() => {
            for address in value.split(',') {
                let address = address.parse();
                config.hostaddr(
                    address.map_err(|_| "an address of its service is not valid".to_owned())?,
                );
            }
        }
        "port" if config.get_ports().is_empty() => drop(config.port(number()?)),
        "dbname" if config.get_dbname().is_none() => drop(config.dbname(value)),
        "user" if config.get_user().is_none() => drop(config.user(value)),
        "password" if config.get_password().is_none() => drop(config.password(value)),
        "options" if config.get_options().is_none() => drop(config.options(value)),
        "application_name" if config.get_application_name().is_none() => {
            config.application_name(value);
        }
        "target_session_attrs" if matches!(value, "primary" | "read-write") => {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        "channel_binding" if value == "require" => {
            config.channel_binding(ChannelBinding::Require);
        }
        "sslmode" if said.mode.is_none() => said.mode = Some(value.to_owned()),
        "sslrootcert" if said.roots.is_none() => said.roots = Some(value.to_owned()),
        "passfile" if said.passfile.is_none() => said.passfile = Some(value.to_owned()),
        _ => {}
    }
    Ok(())
}

/// The password for the first host that has one.
fn password(config: &Config, said: &Said, variables: &Variables) -> Password {
    let user = config.get_user().map(ToOwned::to_owned);
    let user = user.or_else(|| variables.text_or_none("USER")).unwrap_or_default();
    let mut exposed = None;
    for (at, host) in config.get_hosts().iter().enumerate() {
        let port = config.get_ports().get(at).or(config.get_ports().first());
        let host = match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) if folder == Path::new(USUAL_SOCKET) => "localhost".to_owned(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        };
        let login = libpq::ServerLogin {
            host: &host,
            port: port.copied().unwrap_or(5432),
            database: config.get_dbname().unwrap_or(&user),
            user: &user,
        };
        let password = libpq::password(&login, said.passfile.as_deref(), variables);
        if password.found.is_some() {
            return password;
        }
        exposed = exposed.or(password.exposed);
    }
    Password { found: None, exposed }
}

fn unreadable(purpose: &Purpose, why: &str) -> Failure {
    let noun = purpose.noun;
    Failure::config(format!("the URL of the {noun} cannot be understood: {why}")).hint_with(
        "Write {0} like postgres://user:password@host/database, with %40 for an @ \
         in the password.",
        &[&purpose.variable],
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

fn trust(
    config: &Config,
    mode: Option<&str>,
    roots: Option<String>,
) -> Result<Option<Trust>, String> {
    let encrypted = match mode {
        Some("disable") => false,
        Some("require" | "verify-ca" | "verify-full") => !is_socket(config),
        // Both leave the choice to the server, or to what sits in between.
        None | Some("allow" | "prefer") => !stays_here(config),
        Some(_) => return Err("its sslmode is not valid".to_owned()),
    };
    Ok(encrypted.then_some(match roots {
        Some(file) if file != "system" => Trust::File(file),
        _ => Trust::System,
    }))
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
#[path = "target_tests.rs"]
mod tests;
