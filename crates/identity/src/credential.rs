//! What a cookie or a token holds: the organisation, and a secret of 256 bits. Base64url, 64 characters.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Outside, RecordId, TenantId};

/// Before an API key's token, so that scanners of leaked secrets recognise it.
const KEY_PREFIX: &str = "candor_key_";

/// A credential that came in.
pub(crate) struct Presented {
    pub tenant: TenantId,
    /// The record that stands for it: made of the secret's digest.
    pub record: RecordId,
}

/// A credential to be handed out, once.
pub(crate) struct Issued {
    pub text: String,
    pub record: RecordId,
}

pub(crate) fn issue(tenant: TenantId, outside: &dyn Outside) -> Issued {
    let mut bytes = [0u8; 48];
    let (left, right) = bytes.split_at_mut(16);
    left.copy_from_slice(tenant.as_bytes());
    outside.fill(right);
    Issued { text: URL_SAFE_NO_PAD.encode(bytes), record: record_of(&bytes) }
}

pub(crate) fn issue_key(tenant: TenantId, outside: &dyn Outside) -> Issued {
    let issued = issue(tenant, outside);
    Issued { text: format!("{KEY_PREFIX}{}", issued.text), record: issued.record }
}

pub(crate) fn read(text: &str) -> Option<Presented> {
    if text.len() != 64 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (tenant, _) = bytes.split_first_chunk::<16>()?;
    Some(Presented { tenant: TenantId::from_bytes(*tenant), record: record_of(&bytes) })
}

pub(crate) fn read_key(text: &str) -> Option<Presented> {
    read(text.strip_prefix(KEY_PREFIX)?)
}

fn record_of(bytes: &[u8]) -> RecordId {
    RecordId::from_foreign("", || seal::sha256(bytes))
}
