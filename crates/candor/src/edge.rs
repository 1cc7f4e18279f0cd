use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use model::{Fault, Outside, TenantId};
use tokio::task::JoinHandle;
use web::{Budgets, Certificates, Challenges, Limits, Origins, Redirecting};

use crate::tls::{self, Certificate};

/// How the house meets whoever comes to it.
#[derive(Debug, Clone, Default)]
pub struct Edge {
    /// How often anybody may ask.
    pub budgets: Budgets,
    /// How much the listener takes, and which proxies it believes.
    pub limits: Limits,
    /// Where it listens without encryption, only to send people to the listener with it.
    pub redirect_from: Option<SocketAddr>,
    /// The port that it sends them to, if not the one that it listens on, as behind a port that is forwarded.
    pub redirect_to_port: Option<u16>,
    /// Where the certificate lies, if the house did not make its own.
    pub certificate: Option<CertificateFiles>,
    /// Which websites may call interfaces from a browser, for which organisation.
    pub origins: OriginList,
    /// Whom to tell about a weakness: an address beginning with `mailto:` or `https://`.
    pub security_contact: Option<String>,
}

/// Websites that organisations named, each with the organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OriginList(Vec<(String, TenantId)>);

impl OriginList {
    /// Adds a website, `https://host` or `https://host:port` in lower case. What else is written is said to be wrong.
    pub fn add(&mut self, origin: &str, tenant: TenantId) -> Result<(), String> {
        let host = origin.strip_prefix("https://").unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
        if host.is_empty() || !host.bytes().all(plain) {
            return Err(format!("{origin} is no website that can be named: write it like https://app.example.org"));
        }
        self.0.push((origin.to_owned(), tenant));
        Ok(())
    }
}

impl Origins for OriginList {
    fn known(&self, origin: &str) -> bool {
        self.0.iter().any(|(named, _)| named == origin)
    }

    fn allow(&self, origin: &str, tenant: TenantId) -> bool {
        self.0.iter().any(|(named, by)| named == origin && *by == tenant)
    }
}

/// A certificate chain and its key, in PEM, as files that may be replaced while the house is open.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The chain.
    pub chain: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// How often the files are looked at. A signal (SIGHUP) makes it at once.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often a certificate that nears its end is spoken of.
const WARN_EVERY_SECONDS: i64 = 6 * 3600;
/// Days before its end from which on it is.
const WARN_DAYS: i64 = 14;

impl CertificateFiles {
    /// What lies there now.
    pub fn read(&self) -> Result<Certificate, Fault> {
        let read = |path: &Path| {
            std::fs::read(path)
                .map_err(|error| Fault::new("reading a certificate", format!("{}: {error}", path.display())))
        };
        Ok(Certificate { chain: read(&self.chain)?, key: read(&self.key)? })
    }

    /// When the files were changed last.
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.chain, &self.key].map(|path| std::fs::metadata(path).and_then(|about| about.modified()).ok())
    }
}

/// What goes on beside the listener while the house is open.
pub(crate) struct Beside {
    watching: JoinHandle<()>,
    redirecting: Option<Redirecting>,
}

impl Beside {
    /// Watches the certificate and, if it is wanted, redirects from plain HTTP.
    pub(crate) async fn begin(
        edge: &Edge,
        certificates: Arc<Certificates>,
        https: SocketAddr,
        outside: Arc<dyn Outside>,
    ) -> Result<Self, Fault> {
        let redirecting = match edge.redirect_from {
            None => None,
            Some(from) => {
                let port = edge.redirect_to_port.unwrap_or(https.port());
                let redirecting = web::redirect(from, port, Challenges::default()).await;
                Some(redirecting.map_err(|error| Fault::new("opening the listener that redirects", error))?)
            }
        };
        let watching = tokio::spawn(watch(edge.certificate.clone(), certificates, outside));
        Ok(Self { watching, redirecting })
    }

    /// Where plain HTTP is redirected from.
    pub(crate) fn redirects_from(&self) -> Option<SocketAddr> {
        self.redirecting.as_ref().map(|redirecting| redirecting.address)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// Serves a certificate that was replaced, and says when one nears its end.
async fn watch(files: Option<CertificateFiles>, certificates: Arc<Certificates>, outside: Arc<dyn Outside>) {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hang_up = match signal(SignalKind::hangup()) {
        Ok(hang_up) => Some(hang_up),
        Err(error) => {
            tracing::warn!(%error, "SIGHUP cannot be listened for; the files are looked at all the same");
            None
        }
    };
    let mut known = files.as_ref().map(CertificateFiles::changed);
    let mut warned = None;
    loop {
        let now = outside.now().seconds();
        if warned.is_none_or(|at: i64| now - at >= WARN_EVERY_SECONDS) && warn(certificates.ends(), now) {
            warned = Some(now);
        }
        let asked = tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => false,
            () = heard(&mut hang_up) => true,
        };
        let Some(files) = &files else { continue };
        let changed = Some(files.changed());
        if asked || changed != known {
            // A file that is being written is read again when it has changed once more.
            known = changed;
            renew(files, &certificates);
            warned = None;
        }
    }
}

async fn heard(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// INVARIANT: a new certificate that cannot be used leaves the old one in its place, and says so.
pub(crate) fn renew(files: &CertificateFiles, certificates: &Certificates) {
    let read = files.read();
    let renewed = read.and_then(|Certificate { chain, key }| {
        certificates.renew(&chain, &key).map_err(|error| Fault::new("renewing the certificate", error))
    });
    match renewed {
        Ok(()) => tracing::info!(ends = certificates.ends(), "the certificate was renewed"),
        Err(fault) => tracing::error!(doing = %fault.doing, cause = %fault.cause, "the old certificate stays"),
    }
}

/// Whether there was something to say.
fn warn(ends: i64, now: i64) -> bool {
    let days = (ends - now).div_euclid(24 * 3600);
    match days {
        ..0 => tracing::error!(days, "the certificate has ended: nobody can come in"),
        0..WARN_DAYS => tracing::warn!(days, "the certificate ends soon"),
        _ => return false,
    }
    true
}

/// The certificate to begin with.
pub(crate) fn first(edge: &Edge, ground: &crate::ground::Ground, outside: &dyn Outside) -> Result<Certificate, Fault> {
    match &edge.certificate {
        Some(files) => files.read(),
        None => tls::self_made(ground, outside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Certificate {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        Certificate { chain: made.cert.pem().into_bytes(), key: made.signing_key.serialize_pem().into_bytes() }
    }

    #[test]
    fn a_broken_file_leaves_the_old_certificate_in_place() {
        let dir = tempfile::tempdir().unwrap();
        let files = CertificateFiles { chain: dir.path().join("chain"), key: dir.path().join("key") };
        let put = |chain: &[u8], key: &[u8]| {
            std::fs::write(&files.chain, chain).unwrap();
            std::fs::write(&files.key, key).unwrap();
        };
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let good = params.self_signed(&key).unwrap();
        put(good.pem().as_bytes(), key.serialize_pem().as_bytes());
        let first = files.read().unwrap();
        let certificates = Certificates::new(&first.chain, &first.key).unwrap();
        let ends = certificates.ends();
        for (chain, key) in
            [(b"".to_vec(), b"".to_vec()), (made().chain, made().key), (first.chain.clone(), made().key)]
        {
            put(&chain, &key);
            renew(&files, &certificates);
            assert_eq!(certificates.ends(), ends);
        }
        let other = made();
        put(&other.chain, &other.key);
        renew(&files, &certificates);
        assert_ne!(certificates.ends(), ends, "a good one is served");
    }

    #[test]
    fn a_website_is_allowed_for_the_organisation_that_named_it() {
        let (one, other) = (TenantId::from_bytes([1; 16]), TenantId::from_bytes([2; 16]));
        let mut list = OriginList::default();
        list.add("https://app.example.org", one).unwrap();
        assert!(list.known("https://app.example.org") && list.allow("https://app.example.org", one));
        assert!(!list.allow("https://app.example.org", other) && !list.known("https://app.example.org.evil.example"));
        for wrong in
            ["*", "null", "https://*", "http://a.example", "https://", "https://a.example/", "https://A.example"]
        {
            assert!(list.add(wrong, one).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_end_is_spoken_of_in_the_last_fortnight() {
        let day = 24 * 3600;
        assert!(!warn(100 * day, 80 * day));
        assert!(warn(100 * day, 87 * day));
        assert!(warn(100 * day, 101 * day));
    }
}
