//! A vault in memory, rules, a clock that can be set, and people who ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use access::{Actor, Assurance, Ctx, Registry, Scope, Window};
use model::{ActorId, Outside, Purpose, TenantId, Time};
use shield::{Inspector, Settings};
use vault::Rehearsal;
use watch::Watch;
use web::{Attempt, Guard, Sent};

pub struct Clock {
    seconds: AtomicI64,
    next: AtomicU64,
}

impl Outside for Clock {
    fn now(&self) -> Time {
        Time::from_seconds(self.seconds.load(Ordering::Relaxed))
    }

    fn fill(&self, bytes: &mut [u8]) {
        let next = self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = next[at % 8] ^ u8::try_from(at).unwrap();
        }
    }
}

pub struct Desk {
    pub clock: Arc<Clock>,
    pub rehearsal: Rehearsal,
    pub watch: Arc<Watch>,
    pub house: TenantId,
    pub practice: TenantId,
}

/// Sunday 22 November 2026, 00:00:30.
pub const SUNDAY: i64 = 1_795_305_630;

pub async fn desk() -> Desk {
    let clock = Arc::new(Clock { seconds: AtomicI64::new(SUNDAY), next: AtomicU64::new(1) });
    let registry = Registry::assemble(&[watch::PERMISSIONS], &[watch::ROLES]).unwrap();
    let rehearsal = Rehearsal::new(registry, watch::KINDS.to_vec(), clock.clone()).unwrap();
    let (house, practice) = (TenantId::from_bytes([1; 16]), TenantId::from_bytes([2; 16]));
    for tenant in [house, practice] {
        rehearsal.vault.create_tenant(tenant).await.unwrap();
    }
    let rules = Inspector::built_in(Settings::default()).unwrap();
    let watch = Arc::new(Watch::new(rehearsal.vault.clone(), house, rules));
    Desk { clock, rehearsal, watch, house, practice }
}

impl Desk {
    pub fn pass(&self, seconds: i64) {
        self.clock.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Somebody with a role in an organisation.
    pub fn somebody(&self, tenant: TenantId, role: &str) -> Ctx {
        Ctx {
            tenant,
            actor: Actor::Person(ActorId::from_bytes([9; 16])),
            grants: self.rehearsal.vault.registry().grants([(role, Window::ALWAYS, Scope::Tenant)]),
            assurance: Assurance::SteppedUp,
            purpose: Purpose::Security,
            session: None,
            request: self.clock.request_id(),
            now: self.clock.now(),
        }
    }

    pub fn analyst(&self, tenant: TenantId) -> Ctx {
        self.somebody(tenant, "security-analyst")
    }

    pub fn sent(&self, uri: &str) -> Sent {
        Sent {
            method: "GET".to_owned(),
            uri: uri.to_owned(),
            version: "HTTP/1.1",
            headers: vec![
                ("host".to_owned(), b"candor.test".to_vec()),
                ("cookie".to_owned(), b"__Host-candor=the-session-secret".to_vec()),
            ],
            body: Default::default(),
            peer: Some("203.0.113.7".parse().unwrap()),
            request: self.clock.request_id(),
        }
    }

    /// Sends a request as the door would, and writes it down if it looks like an attack. True if it is blocked.
    pub async fn send(&self, uri: &str, who: Option<&Ctx>) -> bool {
        let sent = self.sent(uri);
        let tenant = who.map(|ctx| ctx.tenant);
        let verdict = self.watch.inspect(&sent, tenant.filter(|tenant| self.watch.has_own_exclusions(*tenant)));
        if verdict.decision == shield::Decision::Pass {
            return false;
        }
        let blocked = verdict.blocks();
        let attempt = Attempt { sent, route: Some("/notes/{id}"), ctx: who.cloned(), now: self.clock.now(), verdict };
        self.watch.attempted(attempt).await.unwrap();
        blocked
    }

    /// The evidence of an organisation that names a kind and an action.
    pub async fn evidence(&self, tenant: TenantId, action: &str, kind: &str) -> usize {
        let wanted = format!(r#""action":"{action}","kind":"{kind}""#);
        let entries = self.rehearsal.evidence(tenant).await.unwrap();
        entries.iter().filter(|entry| String::from_utf8_lossy(entry).contains(&wanted)).count()
    }
}
