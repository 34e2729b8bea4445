//! Whom a system trusts, read once: the one file that holds every certificate first, and the folder
//! that holds each of them again only for a server that no certificate in that file vouches for.
//! Reading both costs more than all the rest of a request.
//!
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` name another file and other folders. Where only one of them is
//! set there is nothing to leave for later: that, and systems that keep certificates elsewhere, are
//! left to the platform's own verifier.

use crate::core::env;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_native_certs::load_certs_from_paths;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// Reads the certificates that are looked at second.
type ReadFolders = Box<dyn Fn() -> Vec<CertificateDer<'static>> + Send + Sync>;

/// What checks the certificates of servers, where it is for this file to say.
pub fn system(provider: &Arc<CryptoProvider>) -> Option<Arc<dyn ServerCertVerifier>> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let (file, folders) = places(set(env::SSL_CERT_FILE), set(env::SSL_CERT_DIR))?;
    let file = load_certs_from_paths(Some(&file), None).certs;
    let read_folders = move || {
        let read = |folder: &PathBuf| load_certs_from_paths(None, Some(folder)).certs;
        folders.iter().flat_map(read).collect()
    };
    Some(Arc::new(SystemTrust::new(file, Box::new(read_folders), provider)?))
}

/// The file that is read first and the folders that are read second, where there are both.
fn places(file: Option<OsString>, folders: Option<OsString>) -> Option<(PathBuf, Vec<PathBuf>)> {
    match (file, folders) {
        (Some(file), Some(folders)) => Some((file.into(), split(&folders).collect())),
        (None, None) => {
            let usual = openssl_probe::probe();
            Some((usual.cert_file?, usual.cert_dir))
        }
        _ => None,
    }
}

/// The folders that a list names.
fn split(folders: &(impl AsRef<OsStr> + ?Sized)) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(folders).filter(|folder| !folder.as_os_str().is_empty())
}

/// The certificates that `SSL_CERT_FILE` and `SSL_CERT_DIR` name instead of those of the system.
#[derive(Debug, Default)]
pub struct NamedCertificates {
    /// How many can be used.
    pub usable: usize,
    /// What could not be read, each with its path.
    pub errors: Vec<String>,
}

/// Reads what these two name, as a connection does: both where both are set, and each of the folders
/// where several are named.
pub fn named(file: Option<&str>, folders: Option<&str>) -> NamedCertificates {
    let mut roots = RootCertStore::empty();
    let mut errors = Vec::new();
    let folders = folders.map(split).into_iter().flatten();
    let places = file.map(|file| (Some(PathBuf::from(file)), None)).into_iter();
    for (file, folder) in places.chain(folders.map(|folder| (None, Some(folder)))) {
        let found = load_certs_from_paths(file.as_deref(), folder.as_deref());
        roots.add_parsable_certificates(found.certs);
        errors.extend(found.errors.iter().map(ToString::to_string));
    }
    NamedCertificates { usable: roots.len(), errors }
}

/// Checks the certificates of servers by two sets of issuers.
struct SystemTrust {
    provider: Arc<CryptoProvider>,
    file: Arc<WebPkiServerVerifier>,
    read_folders: ReadFolders,
    /// Made for the first server that the file does not vouch for.
    folders: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
}

impl fmt::Debug for SystemTrust {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the certificates of this system")
    }
}

impl SystemTrust {
    /// None where the file holds no certificate that can be used.
    fn new(
        file: Vec<CertificateDer<'static>>,
        read_folders: ReadFolders,
        provider: &Arc<CryptoProvider>,
    ) -> Option<Self> {
        let provider = Arc::clone(provider);
        let file = verifier(file, &provider)?;
        Some(Self { provider, file, read_folders, folders: OnceLock::new() })
    }
}

fn verifier(
    certificates: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build().ok()
}

impl ServerCertVerifier for SystemTrust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify = |by: &WebPkiServerVerifier| {
            by.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let refused = match verify(&self.file) {
            // It lacks the issuer, or holds one of the same name, such as that before a renewal.
            Err(Error::InvalidCertificate(
                why @ (CertificateError::UnknownIssuer | CertificateError::BadSignature),
            )) => Error::InvalidCertificate(why),
            other => return other,
        };
        let make = || verifier((self.read_folders)(), &self.provider);
        let Some(folders) = self.folders.get_or_init(make) else { return Err(refused) };
        verify(folders).map_err(|by_folders| match by_folders {
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => refused,
            other => other,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.file.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.file.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.file.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn provider() -> Arc<CryptoProvider> {
        Arc::new(rustls::crypto::ring::default_provider())
    }

    /// An authority of this name, and a server that it vouches for.
    fn authority(name: &str) -> (CertificateDer<'static>, CertificateDer<'static>) {
        let key = KeyPair::generate().expect("a key");
        let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
        authority.distinguished_name.push(DnType::CommonName, name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&key).expect("signed");
        let server = KeyPair::generate().expect("a key");
        let of_server =
            CertificateParams::new(vec!["seller.example".to_owned()]).expect("parameters");
        let issuer = Issuer::new(authority, key);
        let certificate = of_server.signed_by(&server, &issuer).expect("signed");
        (root.der().clone(), certificate.der().clone())
    }

    #[test]
    fn the_folder_is_read_once_and_only_for_a_server_that_the_file_does_not_vouch_for() {
        let (in_file, by_file) = authority("in the file");
        let (in_folder, by_folder) = authority("in the folder");
        let (renewed, by_renewed) = authority("in the file");
        let (_, by_unknown) = authority("of somebody");
        let reads = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&reads);
        let read = move || {
            count.fetch_add(1, Ordering::SeqCst);
            vec![in_folder.clone(), renewed.clone()]
        };
        let trust = SystemTrust::new(vec![in_file], Box::new(read), &provider()).expect("trust");
        let check = |certificate: &CertificateDer<'_>, host: &str| {
            let name = ServerName::try_from(host.to_owned()).expect("a name");
            trust.verify_server_cert(certificate, &[], &name, &[], UnixTime::now()).map(|_| ())
        };
        assert_eq!(check(&by_file, "seller.example"), Ok(()));
        assert_eq!(reads.load(Ordering::SeqCst), 0);
        assert_eq!(check(&by_folder, "seller.example"), Ok(()));
        assert_eq!(check(&by_renewed, "seller.example"), Ok(()));
        for certificate in [&by_file, &by_folder, &by_renewed] {
            let refused = check(certificate, "other.example").expect_err("of another host");
            assert!(refused.to_string().contains("other.example"), "{refused}");
        }
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(check(&by_unknown, "seller.example"), Err(unknown));
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_both_variables_name_is_read() {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let keep = |name: &str, certificate: &CertificateDer<'_>| {
            let text = BASE64_STANDARD.encode(certificate);
            let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, pem).expect("written");
            path.display().to_string()
        };
        let file = keep("file.pem", &authority("one").0);
        let hashed = ["a/00000001.0", "b/00000002.0"].map(|name| keep(name, &authority(name).0));
        let folders = hashed.map(|path| path.rsplit_once('/').expect("a folder").0.to_owned());
        let both = folders.join(":");
        let usable = |file, folders| named(file, folders).usable;
        assert_eq!(usable(Some(file.as_str()), None), 1);
        assert_eq!(usable(None, Some(folders[0].as_str())), 1);
        assert_eq!(usable(None, Some(both.as_str())), 2);
        assert_eq!(usable(Some(file.as_str()), Some(both.as_str())), 3);
        let missing = named(Some("/nowhere/at/all.pem"), Some(folders[0].as_str()));
        assert_eq!(missing.usable, 1);
        assert!(missing.errors[0].contains("/nowhere/at/all.pem"), "{missing:?}");
        std::fs::write(folder.path().join("none.pem"), "nothing").expect("written");
        let none = folder.path().join("none.pem").display().to_string();
        assert_eq!(usable(Some(none.as_str()), None), 0);
    }

    #[test]
    fn folders_are_left_for_later_where_a_file_is_named_beside_them() {
        let named = |text: &str| Some(OsString::from(text));
        let (file, folders) = places(named("/a/all.pem"), named("/b::/c")).expect("both");
        assert_eq!(file, PathBuf::from("/a/all.pem"));
        assert_eq!(folders, [PathBuf::from("/b"), PathBuf::from("/c")]);
        assert_eq!(places(named("/a/all.pem"), None), None);
        assert_eq!(places(None, named("/b")), None);
    }

    #[test]
    fn a_file_without_a_certificate_is_none_to_trust_by() {
        assert!(SystemTrust::new(Vec::new(), Box::new(Vec::new), &provider()).is_none());
    }
}
