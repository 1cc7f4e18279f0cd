//! What the fuzz targets share: a house with fixed keys and a fixed clock, so that a finding repeats.
//!
//! Each target feeds noise to one reader and asserts what must hold for *any* bytes. A panic, a hang or
//! a broken assertion is a finding; a refusal is not.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use model::{Outside, RecordId, SubjectId, TenantId, Time};
use seal::{Environment, KeyBytes, KeyService, Place, SealError, SubjectKey, TenantKeys};

/// A clock that stands still and a generator that counts.
pub struct Still(AtomicU64);

impl Outside for Still {
    fn now(&self) -> Time {
        NOW
    }

    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            *byte = (count.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8;
        }
    }
}

/// The moment at which everything happens.
pub const NOW: Time = Time::from_seconds(1_800_000_000);

/// The outside of every target.
pub static OUTSIDE: Still = Still(AtomicU64::new(1));

/// A key service that protects nothing; what it keeps apart is contexts.
struct InTheOpen;

impl KeyService for InTheOpen {
    fn name(&self) -> &str {
        "fuzz"
    }

    fn wrap(&self, context: &[u8], key: &KeyBytes, _: &dyn Outside) -> Result<Vec<u8>, SealError> {
        Ok([seal::sha256(context).as_slice(), key.expose()].concat())
    }

    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<KeyBytes, SealError> {
        wrapped.strip_prefix(&seal::sha256(context)).and_then(KeyBytes::from_slice).ok_or(SealError::Broken)
    }
}

/// Keys of one organisation and one person in it.
pub struct Keys {
    /// The organisation's.
    pub tenant: TenantKeys,
    /// The person's.
    pub subject: SubjectKey,
}

/// The person whose key is in [`KEYS`].
pub const SUBJECT: SubjectId = SubjectId::from_bytes([2; 16]);

/// Fixed keys.
pub static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let (environment, _) = Environment::create(Arc::new(InTheOpen), "fuzz", &OUTSIDE).expect("a new environment");
    let (tenant, _) = environment.new_tenant(PLACE.tenant, &OUTSIDE).expect("a new tenant");
    let (subject, _) = tenant.new_subject(SUBJECT, &OUTSIDE).expect("a new subject");
    Keys { tenant, subject }
});

/// Where everything is sealed.
pub const PLACE: Place<'static> =
    Place { tenant: TenantId::from_bytes([1; 16]), kind: "fuzz.noise", id: RecordId::from_bytes([3; 16]), version: 1 };

/// Takes up to `N` bytes off the front, zeros behind them.
pub fn take<const N: usize>(noise: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    let (front, rest) = noise.split_at(N.min(noise.len()));
    taken[..front.len()].copy_from_slice(front);
    *noise = rest;
    taken
}

/// A request made of noise: target, headers and body between null bytes.
pub fn request_of(noise: &[u8], with: impl FnOnce(&shield::Request<'_>)) {
    let mut parts = noise.splitn(3, |byte| *byte == 0);
    let (target, head, body) =
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let headers: Vec<(&[u8], &[u8])> = head
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
        .collect();
    let mut request = shield::Request::new(b"POST", target);
    request.headers = &headers;
    request.body = body;
    with(&request);
}
