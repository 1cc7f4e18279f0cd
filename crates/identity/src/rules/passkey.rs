//! What must hold before a passkey is believed: W3C Web Authentication Level 2, §7.1 and §7.2, without attestation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use seal::PublicKey;
use serde::Deserialize;

/// For whom passkeys are made: a host's name, and the one origin whose pages may ask for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// The host's name, which authenticators bind a key to.
    pub id: String,
    /// `https://` host and port.
    pub origin: String,
}

/// What a browser sent after making a passkey.
pub struct Made<'a> {
    /// `clientDataJSON`.
    pub client: &'a [u8],
    /// The authenticator data.
    pub data: &'a [u8],
}

/// What a browser sent after signing with a passkey.
pub struct Signed<'a> {
    /// `clientDataJSON`.
    pub client: &'a [u8],
    /// The authenticator data.
    pub data: &'a [u8],
    /// Over the data and the digest of the client data.
    pub signature: &'a [u8],
}

/// A passkey that was just made.
#[derive(Debug, PartialEq, Eq)]
pub struct Fresh {
    /// The credential's id.
    pub id: Vec<u8>,
    /// The public key in COSE form.
    pub key: Vec<u8>,
    /// The count of signatures.
    pub count: u32,
}

/// What an authenticator says about a signature.
#[derive(Debug, PartialEq, Eq)]
pub struct Use {
    /// The count of signatures.
    pub count: u32,
    /// Whether it made sure of the person, by PIN or body.
    pub verified: bool,
}

/// The most bytes of a credential's id (§4).
const ID_BYTES_MAX: usize = 1023;
const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const HAS_KEY: u8 = 1 << 6;

impl RelyingParty {
    /// The house at an address `https://host[:port]`; none where the host is no name, which passkeys need.
    pub fn of(address: &str) -> Option<Self> {
        let origin = address.trim_end_matches('/');
        let authority = origin.strip_prefix("https://")?;
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let named = !host.is_empty()
            && host.parse::<std::net::IpAddr>().is_err()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        named.then(|| Self { id: host.to_lowercase(), origin: origin.to_lowercase() })
    }
}

/// The challenge that the client data of a browser answers, as base64url. Nothing about it is believed yet.
pub fn challenge_in(client: &[u8]) -> Option<String> {
    Some(serde_json::from_slice::<ClientData>(client).ok()?.challenge)
}

/// A new passkey, if the browser made it for this house and this challenge.
pub fn made(party: &RelyingParty, challenge: &str, made: &Made<'_>) -> Option<Fresh> {
    client_is_right(party, "webauthn.create", challenge, made.client).then_some(())?;
    let head = Head::read(party, made.data)?;
    (head.flags & HAS_KEY != 0).then_some(())?;
    // The model of the authenticator, which attestation would prove and this house does not ask for.
    let (_, rest) = head.rest.split_at_checked(16)?;
    let (len, rest) = rest.split_first_chunk::<2>()?;
    let (id, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    (!id.is_empty() && id.len() <= ID_BYTES_MAX).then_some(())?;
    let (_, len) = PublicKey::read(rest)?;
    Some(Fresh { id: id.to_vec(), key: rest.get(..len)?.to_vec(), count: head.count })
}

/// What the authenticator says, if the passkey's key signed this challenge for this house.
pub fn signed(party: &RelyingParty, challenge: &str, key: &[u8], count: u32, signed: &Signed<'_>) -> Option<Use> {
    client_is_right(party, "webauthn.get", challenge, signed.client).then_some(())?;
    let head = Head::read(party, signed.data)?;
    let (key, _) = PublicKey::read(key)?;
    let message = [signed.data, &seal::sha256(signed.client)].concat();
    key.signed(&message, signed.signature).then_some(())?;
    // A count that does not rise shows a copy (§6.1.1); authenticators without a count say 0 for ever.
    let rises = head.count > count || (head.count == 0 && count == 0);
    rises.then_some(Use { count: head.count, verified: head.flags & VERIFIED != 0 })
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    sort: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

fn client_is_right(party: &RelyingParty, sort: &str, challenge: &str, client: &[u8]) -> bool {
    let Ok(data) = serde_json::from_slice::<ClientData>(client) else { return false };
    data.sort == sort
        && !data.cross_origin
        && data.origin == party.origin
        && seal::same(data.challenge.as_bytes(), challenge.as_bytes())
}

/// The beginning of authenticator data (§6.1).
struct Head<'a> {
    flags: u8,
    count: u32,
    rest: &'a [u8],
}

impl<'a> Head<'a> {
    /// None unless it is for this house and a person was there.
    fn read(party: &RelyingParty, data: &'a [u8]) -> Option<Self> {
        let (host, rest) = data.split_first_chunk::<32>()?;
        let (flags, rest) = rest.split_first()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let right = *host == seal::sha256(party.id.as_bytes()) && flags & PRESENT != 0;
        right.then_some(Self { flags: *flags, count: u32::from_be_bytes(*count), rest })
    }
}

/// Bytes as browsers of ours send them.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The same the other way.
pub fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_house_needs_a_name_for_passkeys() {
        let party = RelyingParty::of("https://Practice.example.org:8443/").unwrap();
        assert_eq!(
            (party.id.as_str(), party.origin.as_str()),
            ("practice.example.org", "https://practice.example.org:8443")
        );
        assert!(RelyingParty::of("https://localhost:8443").is_some());
        for nameless in ["https://127.0.0.1:8443", "https://[::1]:8443", "http://example.org", "", "https://"] {
            assert_eq!(RelyingParty::of(nameless), None, "{nameless}");
        }
    }
}
