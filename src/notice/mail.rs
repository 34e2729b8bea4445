//! The notice as e-mail: one mail for each address, so that no recipient sees the others, and each
//! on a connection of its own, so that what one address does to a connection reaches no other.
//!
//! What goes to another machine is encrypted by a certificate that holds, or it is not sent.
//! Reasons are given by the code of the server alone: its words may repeat an address.

use super::deadline::NoticeClock;
use super::text;
use super::tidings::Tidings;
use crate::core::failure::{Failure, Result};
use crate::core::signals::Stopped;
use crate::http;
use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{CertificateStore, SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};
use uuid::Uuid;

/// The longest wait for one step of the conversation: a connection, a command, an answer.
const STEP: Duration = Duration::from_secs(10);
/// The longest wait for the last word: the mail is taken already.
const LAST_WORD: Duration = Duration::from_secs(1);

const LATE: &str = "the mail server did not answer in time";

/// The mail server, and who writes.
pub struct Relay {
    server: Arc<SmtpServer>,
    from: Mailbox,
}

struct SmtpServer {
    host: Host<String>,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Security {
    /// TLS from the first byte.
    Wrapped,
    /// STARTTLS, or nothing is sent.
    Upgraded,
    /// A server on this machine: STARTTLS where it is offered, with any certificate. There is no
    /// network in between, so a certificate would prove nothing.
    Here,
}

/// Why an address got no mail.
#[derive(Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is about this address; the next may fare better.
    Address(String),
    /// It is about the server, or the time is over: the others would fare the same.
    Everybody(String),
}

/// A connection that has done its work.
pub struct UsedConnection(SmtpConnection);

impl Relay {
    /// Reads the URL of the server and the sender.
    ///
    /// # Errors
    /// Class `config`, without what was read: there is a password in it.
    pub fn parse(url: &str, from: Option<&str>) -> Result<Self> {
        let (server, user) = server(url).map_err(|why| {
            Failure::config(format!("TOPUP_SMTP_URL cannot be used: {why}"))
                .hint("Write it like smtps://user:password@mail.example:465.")
        })?;
        let from = match from {
            Some(from) => from.trim().parse().ok().filter(is_on_one_line).ok_or_else(|| {
                Failure::config("TOPUP_SMTP_FROM cannot be used: it is not a mail address")
            })?,
            None => Mailbox::new(None, sender(user.as_deref())?),
        };
        Ok(Self { server: Arc::new(server), from })
    }

    /// Sends the notice to one address. `was_up` says whether the server was there for another
    /// one, and is set once it is.
    ///
    /// # Errors
    /// [`Trouble`], which says whether the others are worth a try.
    pub fn send(
        &self,
        notice: &dyn Tidings,
        to: &str,
        clock: &NoticeClock<'_>,
        was_up: &mut bool,
    ) -> Result<UsedConnection, Trouble> {
        let (envelope, bytes) = self.letter(notice, to).map_err(Trouble::Address)?;
        let server = Arc::clone(&self.server);
        // Once the server has been there, trouble with it is no reason to leave the others out.
        let blame = if *was_up { Trouble::Address } else { Trouble::Everybody };
        let mut connection = clock
            .run(clock.limits.setting_up, move || server.connect())
            .map_err(|why| stopped(why, blame))?
            .map_err(blame)?;
        *was_up = true;
        let (connection, result) = clock
            .run(clock.limits.one, move || {
                let result = connection.send(&envelope, &bytes);
                (connection, result)
            })
            .map_err(|why| stopped(why, Trouble::Address))?;
        match result {
            Ok(_) => Ok(UsedConnection(connection)),
            Err(cause) => Err(Trouble::Address(reason_for(&cause, "broke off the connection"))),
        }
    }

    /// The mail: whom it goes to, and its bytes.
    fn letter(&self, notice: &dyn Tidings, to: &str) -> Result<(Envelope, Vec<u8>), String> {
        let to: Address = address(to).ok_or("it is not a mail address")?;
        let id = format!("<{}@{}>", Uuid::new_v4(), self.from.email.domain());
        let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(notice.subject())
            .date_now()
            .message_id(Some(id))
            .raw_header(HeaderValue::new(auto, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(text::plain(notice), text::page(notice)))
            .map_err(|_| "no mail could be made for it")?;
        Ok((message.envelope().clone(), message.formatted()))
    }
}

impl UsedConnection {
    /// Says goodbye, without waiting long for an answer.
    pub fn close(self, clock: &NoticeClock<'_>) {
        let Self(mut connection) = self;
        let _ = clock.run(LAST_WORD, move || connection.abort());
    }
}

impl SmtpServer {
    /// A connection that is ready to take a mail.
    fn connect(&self) -> Result<SmtpConnection, String> {
        let cannot = |cause: smtp::Error| reason_for(&cause, "cannot be reached");
        let no_trust = |_| "the trust roots of this machine cannot be read".to_owned();
        let places = self.places().map_err(|_| "the mail server cannot be found".to_owned())?;
        let hello = ClientId::default();
        let wrapped = match self.security {
            Security::Wrapped => Some(self.tls().map_err(no_trust)?),
            Security::Upgraded | Security::Here => None,
        };
        let mut connection =
            SmtpConnection::connect(places.as_slice(), Some(STEP), &hello, wrapped.as_ref(), None)
                .map_err(cannot)?;
        match self.security {
            Security::Upgraded if !connection.can_starttls() => {
                return Err("the mail server offers no STARTTLS: nothing was sent to it".to_owned());
            }
            Security::Here if !connection.can_starttls() => {}
            Security::Upgraded | Security::Here => {
                let tls = self.tls().map_err(no_trust)?;
                match connection.starttls(&tls, &hello) {
                    // On this machine no one can listen in: a certificate that cannot even be read is
                    // no reason to lose the notice.
                    Err(cause) if self.security == Security::Here && http::is_tls(&cause) => {
                        connection = SmtpConnection::connect(
                            places.as_slice(),
                            Some(STEP),
                            &hello,
                            None,
                            None,
                        )
                        .map_err(cannot)?;
                    }
                    done => done.map_err(cannot)?,
                }
            }
            Security::Wrapped => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).map_err(|cause| {
                match cause.status() {
                    Some(code) => format!("the mail server refused the login ({code})"),
                    None if cause.is_client() => {
                        "the mail server accepts no login with a password".to_owned()
                    }
                    None => cannot(cause),
                }
            })?;
        }
        Ok(connection)
    }

    /// `localhost` is never asked of a name server.
    fn places(&self) -> io::Result<Vec<SocketAddr>> {
        let port = self.port;
        let places = match &self.host {
            Host::Domain(name) if name == "localhost" => {
                vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]
            }
            Host::Domain(name) => (name.as_str(), port).to_socket_addrs()?.collect(),
            Host::Ipv4(address) => vec![(*address, port).into()],
            Host::Ipv6(address) => vec![(*address, port).into()],
        };
        Ok(places)
    }

    fn tls(&self) -> Result<TlsParameters, smtp::Error> {
        let name = match &self.host {
            Host::Ipv6(address) => address.to_string(),
            other => other.to_string(),
        };
        let tls = TlsParameters::builder(name);
        if self.security == Security::Here {
            // Without encryption would do as well here: see `Security::Here`.
            return tls
                .certificate_store(CertificateStore::None)
                .dangerous_accept_invalid_certs(true)
                .dangerous_accept_invalid_hostnames(true)
                .build();
        }
        tls.build()
    }
}

/// The server and the name of its user.
fn server(typed: &str) -> Result<(SmtpServer, Option<String>), &'static str> {
    let url = Url::parse(typed.trim()).map_err(|_| "it is not a URL")?;
    let wrapped = match url.scheme() {
        "smtp" => false,
        "smtps" => true,
        _ => return Err("it has to begin with smtps:// or smtp://"),
    };
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(
            "nothing may follow the port; write '/', '?', '#' and '@' of a password as %2F, %3F, %23 and %40",
        );
    }
    let host = match url.host().ok_or("it names no server")? {
        Host::Domain(name) => Host::parse(&decoded(name)?).map_err(|_| "its host is not a name")?,
        Host::Ipv4(address) => Host::Ipv4(address),
        Host::Ipv6(address) => Host::Ipv6(address),
    };
    let here = crate::core::base_url::is_loopback_host(&host);
    let (security, usual_port) = match (wrapped, here) {
        (true, _) => (Security::Wrapped, 465),
        (false, true) => (Security::Here, 25),
        (false, false) => (Security::Upgraded, 587),
    };
    let user = Some(url.username()).filter(|user| !user.is_empty()).map(decoded).transpose()?;
    let credentials = match (&user, url.password()) {
        (None, None) => None,
        (Some(user), Some(word)) => Some(Credentials::new(user.clone(), decoded(word)?)),
        (Some(_), None) => return Err("it names a user and no password"),
        (None, Some(_)) => return Err("it names a password and no user"),
    };
    let port = url.port().unwrap_or(usual_port);
    Ok((SmtpServer { host, port, security, credentials }, user))
}

fn decoded(part: &str) -> Result<String, &'static str> {
    let text = percent_decode_str(part).decode_utf8().map_err(|_| "a part of it is not text")?;
    if text.chars().any(char::is_control) {
        return Err("a part of it has control characters");
    }
    Ok(text.into_owned())
}

/// The sender where none is set: the user of the server where that is an address, else this host.
fn sender(user: Option<&str>) -> Result<Address> {
    if let Some(user) = user.and_then(address) {
        return Ok(user);
    }
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy();
    Address::new("topup", host.as_ref())
        .or_else(|_| Address::new("topup", "localhost"))
        .map_err(|cause| Failure::internal("there is no sender").because(anyhow::Error::new(cause)))
}

/// An address that stays one word of a command and of a header.
pub fn address(typed: &str) -> Option<Address> {
    let typed = typed.trim();
    let breaks = |character: char| character.is_control() || character.is_whitespace();
    if typed.contains(breaks) || typed.contains(['<', '>']) { None } else { typed.parse().ok() }
}

fn is_on_one_line(mailbox: &Mailbox) -> bool {
    let name = mailbox.name.as_deref().unwrap_or_default();
    !name.contains(char::is_control) && address(mailbox.email.as_ref()).is_some()
}

fn stopped(why: Stopped, blame: fn(String) -> Trouble) -> Trouble {
    match why {
        Stopped::Signal(_) => Trouble::Everybody("interrupted".to_owned()),
        Stopped::Deadline => blame(LATE.to_owned()),
    }
}

/// What a server answers that takes mail only after a login (RFC 4954).
const WANTS_LOGIN: &str = "530";

/// The reason on one line, without a word of the server.
fn reason_for(cause: &smtp::Error, otherwise: &str) -> String {
    if let Some(code) = cause.status() {
        if code.to_string() == WANTS_LOGIN {
            return format!(
                "the mail server wants a login ({code}): write it into TOPUP_SMTP_URL, as smtps://USER:PASSWORD@HOST"
            );
        }
        format!("the mail server refused it ({code})")
    } else if http::is_tls(cause) {
        "no trusted connection to the mail server".to_owned()
    } else if is_late(cause) {
        LATE.to_owned()
    } else if cause.is_response() {
        "the mail server does not speak SMTP as expected".to_owned()
    } else if cause.is_client() {
        "the mail server does not support such an address".to_owned()
    } else {
        format!("the mail server {otherwise}")
    }
}

/// A socket whose time is over says so by either word.
fn is_late(cause: &smtp::Error) -> bool {
    http::chain(cause)
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| matches!(cause.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock))
}

#[cfg(test)]
#[path = "mail_tests.rs"]
mod tests;
