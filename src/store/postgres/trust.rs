//! Whose word is taken for the certificate of a server, and why one is not trusted.

use crate::core::class::Class;
use crate::core::failure::{Failure, Result};
use crate::core::trust;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use std::sync::Arc;

/// Whose word is taken for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// That of the system's roots, or of those in SSL_CERT_FILE.
    System,
    /// That of the roots in this file.
    File(String),
}

impl Trust {
    /// The configuration of a connection; `variable` names the URL in messages.
    pub fn load(&self, variable: &str) -> Result<ClientConfig> {
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
            Self::File(file) => builder.with_root_certificates(roots(file, variable)?),
        }
        .with_no_client_auth();
        // Asked for by servers that speak TLS from the first byte.
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(config)
    }
}

fn system_verifier(
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    match trust::system(&provider) {
        Some(verifier) => Ok(verifier),
        None => Ok(Arc::new(rustls_platform_verifier::Verifier::new(provider)?)),
    }
}

fn roots(file: &str, variable: &str) -> Result<RootCertStore> {
    let unusable = |why: String| {
        Failure::config(format!("the certificates in {file} cannot be used: {why}"))
            .hint_with("Let sslrootcert in {0} name a file with certificates in PEM.", &[&variable])
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

/// Why a connection is not private or its other end not the right one, and what to do about that.
pub struct Distrust {
    /// In words.
    pub why: String,
    /// What mends it; `{0}` stands for the variable of the URL.
    pub mend: &'static str,
}

const SERVER_CERTIFICATE: &str = "Give the server a certificate of its own, in which basicConstraints \
    is CA:FALSE; with 'openssl req -x509', add -addext basicConstraints=critical,CA:FALSE.";
const KEY: &str = "Give the server an RSA key (newkey rsa:2048) or an elliptic one (P-256), and a \
    certificate that is signed with SHA-256; RSA-PSS keys and signatures are not taken.";
const ROOTS: &str = "Name the certificates that you trust with sslrootcert=FILE in {0} or \
    in SSL_CERT_FILE.";
const HOST: &str = "Name the server in {0} as its certificate does, or give it a certificate \
    with that name in subjectAltName.";
const DATES: &str = "Renew the certificate of the server, and check the clock of this machine.";
const VERSIONS: &str = "Let the server speak TLS 1.2 or later (ssl_min_protocol_version), with an RSA or an \
    elliptic key: RSA-PSS keys are not taken.";
const NO_TLS: &str = "Switch TLS on at the server (ssl = on) or at the pooler in between \
    (client_tls_sslmode); sslmode=disable gives up privacy.";
/// What helps where the end of the connection cannot be bound to its encryption.
pub const BINDING: &str = "Channel binding needs TLS up to the server itself, with a certificate signed \
    with RSA or ECDSA, and scram-sha-256 there. A pooler has none: leave channel_binding=require out of \
    {0} then.";

/// Explains what the TLS of this connection has failed of.
pub fn explain(error: Option<&rustls::Error>, words: &str) -> Distrust {
    let distrust = |why: &str, mend| Distrust { why: why.to_owned(), mend };
    match error {
        Some(rustls::Error::InvalidCertificate(error)) => of_certificate(error),
        Some(rustls::Error::AlertReceived(
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity,
        )) => distrust(
            "the server and this program have no version, cipher or key in common",
            VERSIONS,
        ),
        Some(rustls::Error::PeerIncompatible(_)) => {
            distrust("the server speaks no TLS that this program does", VERSIONS)
        }
        Some(other) => distrust(&other.to_string(), ROOTS),
        None if words.contains("does not support TLS") => {
            distrust("the server does not speak TLS", NO_TLS)
        }
        None => distrust(words, ROOTS),
    }
}

fn of_certificate(error: &CertificateError) -> Distrust {
    let distrust =
        |why: &str, mend| Distrust { why: format!("the certificate of the server {why}"), mend };
    // The library behind the verifier has no type of its own here.
    let detail = format!("{error:?}");
    match error {
        CertificateError::Other(_) if detail.contains("CaUsedAsEndEntity") => {
            distrust("says CA:TRUE: it is one to sign others with", SERVER_CERTIFICATE)
        }
        CertificateError::Other(_) if detail.contains("UnsupportedCertVersion") => {
            distrust("is of version 1 and names no host", HOST)
        }
        CertificateError::UnknownIssuer => {
            distrust("is signed by no authority that is trusted here", ROOTS)
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            distrust("names another host", HOST)
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            distrust("is no longer valid", DATES)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            distrust("is not valid yet", DATES)
        }
        _ if detail.contains("UnsupportedSignatureAlgorithm") => {
            distrust("is signed in a way that is not taken, such as RSA-PSS", KEY)
        }
        CertificateError::Revoked => distrust("was revoked", DATES),
        other => distrust(&format!("is not taken: {other}"), ROOTS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::OtherError;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::{ServerName, UnixTime};

    /// Signed by itself, with RSA-PSS: openssl req -x509 -newkey rsa:2048 -sigopt
    /// rsa_padding_mode:pss.
    const SIGNED_WITH_PSS: &str = "\
-----BEGIN CERTIFICATE-----
MIIDiDCCAjugAwIBAgIULDgW0NnSoqRU5FW6kHPDK5ZS66owQgYJKoZIhvcNAQEK
MDWgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEF
AKIEAgIA3jAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcNMjYxMTI5MjAwMjIzWhgP
MjEyNjExMDUyMDAyMjNaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDCCASIwDQYJKoZI
hvcNAQEBBQADggEPADCCAQoCggEBAMGe+PfN1vmLmzs9kPdLYtD/eEORBQuRpxqJ
slgJBrGUa0f0tP0VNQIecTnofdnYBA1vsFcQ9GJ7pxW3gbMlgs0yRPNzJsX1DX14
s99iq3qfWQcIDPbDWODk3cwoI9qpnKbIUorOdIGJ4Ymk6VY8z7Hd9FOIa5jeYzLJ
ZIlMDy/dZS0HBuAS0fKkLk9R800XGq9Xr108TEJzhHDeV0a6kt+RdgBalq28yQ8f
ihJ3ChepTIivtzSsbrAAXTuYc3/Ez7Yn8Qf8oLa+2Yxf7K0P6Xze0hMoCQpowz6B
CXlckdXqvARk5zxLsVHzeus24I9nvb+ANgXhdTse3TCTZuFbkQ0CAwEAAaNmMGQw
HQYDVR0OBBYEFNTPYqbVR5VZlmxTRqUmf1RhKO6GMB8GA1UdIwQYMBaAFNTPYqbV
R5VZlmxTRqUmf1RhKO6GMBQGA1UdEQQNMAuCCWxvY2FsaG9zdDAMBgNVHRMBAf8E
AjAAMEIGCSqGSIb3DQEBCjA1oA8wDQYJYIZIAWUDBAIBBQChHDAaBgkqhkiG9w0B
AQgwDQYJYIZIAWUDBAIBBQCiBAICAN4DggEBACkiNY/VEH4Ax/RDQ1vUbewfF0zt
l0aaB1R4Py8EpSRf72EK3KXSQP/Jy34ZwHJGpJQn59Y+jyq0vZhuqqxsK7UgHO6p
2nypEL7lik9u8KaZ7+HR9YPZuzUHeJmoRWsX2B0tUHG4LttGbFzqFJjaPJ8eLzqf
A/0iQ6rkBx8hVpHP9cjPN9GLG1hY/adew+1d5pxVgSFkCefB/lX7ZjbuigMk4ksx
OLwKHQjHIze4rRoBVF0md0ry4iaAfWUeiuHDmvRUQZrpHbiBDe8EjAmHZ1A7fgcP
xcgxfYH6mUznJfpaH/52jqqWy+pS3xPZIO0EBEVhr6UTRva5RFzAUSKO+Qw=
-----END CERTIFICATE-----
";

    /// What the verifier says of a certificate that is trusted as its own root.
    fn verified(certificate: &CertificateDer<'_>, host: &str) -> rustls::Error {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone().into_owned()).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let host = ServerName::try_from(host).expect("a name");
        let verifier = verifier.build().expect("a verifier");
        let verified = verifier.verify_server_cert(certificate, &[], &host, &[], UnixTime::now());
        verified.map(|_| ()).expect_err("it is not taken")
    }

    #[test]
    fn the_cause_is_named_and_what_mends_it() {
        let pss = CertificateDer::from_pem_slice(SIGNED_WITH_PSS.as_bytes()).expect("PEM");
        let mut of_a_ca = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("names");
        of_a_ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().expect("a key");
        let of_a_ca = of_a_ca.self_signed(&key).expect("a certificate");
        let plain = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("another");
        let mut old = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("names");
        old.not_after = rcgen::date_time_ymd(2020, 1, 1);
        let old = old.self_signed(&key).expect("a certificate");
        let alert = rustls::Error::AlertReceived(AlertDescription::HandshakeFailure);
        let version_1 = Arc::new(std::io::Error::other("UnsupportedCertVersion"));
        let version_1 = CertificateError::Other(OtherError(version_1));
        for (error, why, mend) in [
            (verified(of_a_ca.der(), "localhost"), "CA:TRUE", "CA:FALSE"),
            (verified(&pss, "localhost"), "RSA-PSS", "RSA key"),
            (verified(plain.cert.der(), "elsewhere"), "another host", "subjectAltName"),
            (verified(old.der(), "localhost"), "no longer valid", "Renew"),
            (alert, "in common", "RSA-PSS keys"),
            (CertificateError::UnknownIssuer.into(), "no authority that is trusted", "sslrootcert"),
            (version_1.into(), "version 1", "subjectAltName"),
        ] {
            let distrust = explain(Some(&error), "");
            assert!(distrust.why.contains(why), "{error}: {}", distrust.why);
            assert!(distrust.mend.contains(mend), "{error}: {}", distrust.mend);
            assert!(distrust.why.len() < 150, "{}", distrust.why);
        }
        let plain = explain(None, "server does not support TLS");
        assert!(plain.mend.contains("ssl = on"), "{}", plain.mend);
    }
}
