//! Why there is no whole answer, and whether the request may have been received.

use crate::core::class::Class;
use crate::core::failure::Failure;
use crate::core::signals::Signal;

/// Why there is no whole answer.
#[derive(Debug)]
pub struct TransportError {
    /// `network`, `timeout`, `tls`, `protocol`, or the class of a signal.
    pub class: Class,
    /// One line for a person.
    pub message: String,
    /// Whether a byte of the request may have left this machine.
    pub sent: bool,
    /// The signal that ended the wait.
    pub signal: Option<Signal>,
    /// The lower error.
    pub cause: Option<anyhow::Error>,
}

impl From<TransportError> for Failure {
    fn from(broken: TransportError) -> Self {
        let mut error = Self::new(broken.class, broken.message);
        error.parts_mut().cause = broken.cause;
        error
    }
}

impl TransportError {
    /// No byte left this machine.
    pub fn unsent(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), sent: false, signal: None, cause: None }
    }
}

/// A failure inside the exchange, before it is reported.
pub(super) enum RequestFailed {
    Transport(reqwest::Error),
    Reading(std::io::Error),
    Late,
    TooLarge,
    Encoded,
}

impl RequestFailed {
    pub(super) fn into_error(self, host: &str) -> TransportError {
        let (class, message, sent, cause) = match self {
            Self::Late => {
                (Class::Timeout, format!("{host} sent its answer too slowly"), true, None)
            }
            Self::TooLarge => (Class::Protocol, format!("{host} sent more than 4 MiB"), true, None),
            Self::Encoded => (
                Class::Protocol,
                format!("{host} sent a compressed answer, which was not asked for"),
                true,
                None,
            ),
            Self::Reading(cause) => (
                Class::Network,
                format!("the answer of {host} broke off"),
                true,
                Some(anyhow::Error::new(cause)),
            ),
            Self::Transport(cause) => {
                // The whole URL would stand in some of its messages.
                let cause = cause.without_url();
                let sent = !(cause.is_connect() || cause.is_builder());
                let class = if is_tls(&cause) {
                    Class::Tls
                } else if cause.is_timeout() {
                    Class::Timeout
                } else if is_parse(&cause) {
                    Class::Protocol
                } else if !sent && is_out_of_files(&cause) {
                    Class::Config
                } else {
                    Class::Network
                };
                let message = match (class, sent) {
                    (Class::Tls, _) => {
                        format!("no trusted connection to {host}: {}", distrust(&cause))
                    }
                    (Class::Protocol, _) => format!("{host} does not speak HTTP as expected"),
                    (_, false) => format!("{host} cannot be reached: {}", innermost(&cause)),
                    (_, true) => format!("the connection to {host} broke off before the answer"),
                };
                (class, message, sent, Some(anyhow::Error::new(cause)))
            }
        };
        TransportError { class, message, sent, signal: None, cause }
    }
}

/// An error and whatever it was caused by.
pub fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// Whether it is this machine that gave no descriptor for a connection.
fn is_out_of_files(error: &(dyn std::error::Error + 'static)) -> bool {
    use rustix::io::Errno;
    chain(error)
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .filter_map(std::io::Error::raw_os_error)
        .any(|code| [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error).contains(&code))
}

/// Whether it was the encryption that failed: a certificate, or no TLS at all on the other side.
pub fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    chain(error).any(holds_tls)
}

/// An I/O error shows what it wraps as itself, not as its source: it has to be opened.
fn holds_tls(cause: &(dyn std::error::Error + 'static)) -> bool {
    let wrapped = || cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    cause.is::<rustls::Error>() || wrapped().is_some_and(|inner| holds_tls(inner))
}

/// Whether what came is no HTTP, or more of it than a head may hold.
fn is_parse(error: &reqwest::Error) -> bool {
    chain(error)
        .any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse))
}

/// Why a connection is not trusted. An authority's own certificate in the place of a server's is
/// what people make by hand, and one option of openssl mends it.
fn distrust(error: &reqwest::Error) -> String {
    let why = innermost(error);
    if why.contains("CaUsedAsEndEntity") {
        return "its certificate says CA:TRUE, so it can only sign other certificates; make a new one \
                with this option of openssl req: -addext basicConstraints=critical,CA:FALSE"
            .to_owned();
    }
    if why.contains("InvalidContentType") {
        return "the server does not speak TLS".to_owned();
    }
    why
}

fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
