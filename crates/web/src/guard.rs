use std::net::IpAddr;

use access::Ctx;
use axum::body::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use model::{Fault, RequestId, TenantId, Time};
use shield::{Decision, Verdict};

/// Inspects every request before the house acts on it, and writes down what looked like an attack. Implemented by
/// `watch`, joined in `candor`.
pub trait Guard: Send + Sync + 'static {
    /// What the rules say of a request.
    ///
    /// It takes processor time in proportion to the request and waits for nothing. The organisation is known only for
    /// a second look: it may have excluded a rule from a route of its own.
    fn inspect(&self, sent: &Sent, tenant: Option<TenantId>) -> Verdict;

    /// Whether an organisation has exclusions of its own, so that a second look is worth its cost.
    fn has_own_exclusions(&self, tenant: TenantId) -> bool;

    /// Writes an attempt down. Waited for before the answer leaves.
    fn attempted<'a>(&'a self, attempt: Attempt) -> BoxFuture<'a, Result<(), Fault>>;
}

/// A request as it came in, kept so that it can be inspected on another thread and written down.
#[derive(Clone)]
pub struct Sent {
    /// The method.
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// The protocol, such as `HTTP/1.1`.
    pub version: &'static str,
    /// Header names and values in order. Under HTTP/2 the authority stands here as `host`.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What was read of the body: all of it, or nothing where it is larger than may be kept for a stranger or of a type
    /// that rules do not look into.
    pub body: Bytes,
    /// Where it came from.
    pub peer: Option<IpAddr>,
    /// Its number.
    pub request: RequestId,
}

impl Sent {
    /// Hands the request to the rules.
    pub fn with<T>(&self, look: impl FnOnce(&shield::Request<'_>) -> T) -> T {
        let headers: Vec<(&[u8], &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())).collect();
        let id = self.request.to_string();
        let mut request = shield::Request::new(self.method.as_bytes(), self.uri.as_bytes());
        request.version = self.version.as_bytes();
        request.headers = &headers;
        request.body = &self.body;
        request.unique_id = id.as_bytes();
        if let Some(peer) = self.peer {
            request.peer = peer;
        }
        look(&request)
    }
}

/// A request that the rules would block.
pub struct Attempt {
    /// The request.
    pub sent: Sent,
    /// The declared pattern of its route, never the path itself; none if there is no such route.
    pub route: Option<&'static str>,
    /// Who asked, if anybody known did.
    pub ctx: Option<Ctx>,
    /// When.
    pub now: Time,
    /// What the rules said.
    pub verdict: Verdict,
}

/// Lets everything pass. For tests of sites that stand alone; a house has a real guard.
pub struct DangerNoGuard;

impl Guard for DangerNoGuard {
    fn inspect(&self, _: &Sent, _: Option<TenantId>) -> Verdict {
        Verdict { decision: Decision::Pass, score: 0, hits: Vec::new(), work: 0 }
    }

    fn has_own_exclusions(&self, _: TenantId) -> bool {
        false
    }

    fn attempted<'a>(&'a self, _: Attempt) -> BoxFuture<'a, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }
}
