//! Seals: keys in a hierarchy, records as envelopes that open in one place only, digests to find what
//! cannot be read, and passwords. Nothing else in the house sees a key.
//!
//! # The hierarchy
//!
//! ```text
//! root         KeyService: a KeyFile here, a key management service elsewhere
//! └ environment   Environment   "production"; wraps tenants' keys
//!   └ tenant      TenantKeys    one organisation; wraps subjects' keys, makes every digest
//!     └ subject   SubjectKey    one person; seals that person's records
//! ```
//!
//! Every key below the root is random, is stored only as a [`WrappedKey`] under the key above it, and
//! has versions. [`Environment::rotate`] and [`Environment::rotate_tenant`] add a version: what older ones
//! wrapped still opens, and is re-wrapped whenever convenient. Moving to another root is
//! [`Environment::move_to`]. A subject's own key is not rotated but destroyed: delete the wrapped key,
//! call [`SubjectKey::destroy`], and every version of every record of that person is unreadable, in every
//! copy and backup that does not also hold the wrapped key.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use model::{Outside, Time};
//! use seal::{Environment, KeyFile, Place, Protection};
//!
//! # struct Fixed(std::sync::atomic::AtomicU8);
//! # impl Outside for Fixed {
//! #     fn now(&self) -> Time { Time::from_seconds(0) }
//! #     fn fill(&self, bytes: &mut [u8]) { bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) }
//! # }
//! # let outside = &Fixed(Default::default());
//! # let folder = tempfile::tempdir()?;
//! let root = KeyFile::create(&folder.path().join("root.key"), &Protection::Owner, outside)?;
//! let (house, _store_me) = Environment::create(Arc::new(root), "production", outside)?;
//! let tenant = outside.tenant_id();
//! let (keys, _store_me) = house.new_tenant(tenant, outside)?;
//! let (person, _store_me) = keys.new_subject(outside.subject_id(), outside)?;
//!
//! let place = Place { tenant, kind: "practice.note", id: outside.record_id(), version: 1 };
//! let sealed = person.seal(&place, b"caries on 36", outside)?;
//! assert_eq!(person.open(&place, &sealed)?, b"caries on 36");
//! assert!(person.open(&Place { version: 2, ..place }, &sealed).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! # Suite 1
//!
//! HKDF-SHA-256 (RFC 5869) from a 32-byte random salt, the sealing key and a label gives an AES-256 key,
//! a 12-byte nonce and a 32-byte commitment. The commitment is stored, and compared in constant time
//! before anything is decrypted, so an envelope cannot be crafted to open to two texts under two keys. Because
//! every seal has its own key, no limit on the number of random nonces is ever near. Then AES-256-GCM
//! (NIST SP 800-38D) with associated data. Salts come from [`model::Outside`]: a generator that
//! repeats itself breaks the seal, so only the machine's own may stand behind it in production.
//!
//! # A sealed record, byte by byte
//!
//! ```text
//!   0   4  magic `CnSR`
//!   4   1  suite, 1
//!   5  16  id of the key
//!  21  32  salt
//!  53  32  commitment
//!  85   n  ciphertext
//! 85+n 16  tag
//! ```
//!
//! Label `candor/record/1`. Associated data: the label, tenant (16 bytes), kind, record id (16), record version
//! (`u64`, big-endian), key id (16); each preceded by its length as a big-endian `u64`. The key id is
//! random and not secret. It does show that records belong to the same, nameless person.
//!
//! # A wrapped key, byte by byte
//!
//! ```text
//!   0   4  magic `CnWK`
//!   4   1  suite, 1
//!   5   1  level: 1 environment, 2 tenant, 3 subject
//!   6   4  version of the key, `u32` big-endian, from 1
//!  10  16  id of the key inside
//!  26  16  id of the key that wraps it; for an environment, SHA-256 of the service's name, cut
//!  42      levels 2 and 3: salt (32), commitment (32), ciphertext, tag (16) of suite 1
//!          level 1: whatever the key service answered (a key file: the same)
//! ```
//!
//! Inside: 32 bytes of key; for a tenant 64, the second half being the secret from which all digests come
//! and which every version carries, so that an index outlives a rotation. Labels
//! `candor/wrap/{environment,tenant,subject}-key/1`. Associated data, encoded as above:
//!
//! - environment: `candor/environment-key/1`, bytes 0 to 41, environment name;
//! - tenant: `candor/tenant-key/1`, bytes 0 to 41, environment name, tenant;
//! - subject: `candor/subject-key/1`, bytes 0 to 41, tenant, subject.
//!
//! # Digests
//!
//! All are HMAC-SHA-256 under keys derived from the tenant's digest secret: [`TenantKeys::term_digest`] (apart for
//! every kind and field, 16 bytes), [`TenantKeys::subject_digest`] (16), [`TenantKeys::lookup_digest`] (32).
//! [`SubjectKey::content_digest`] (16) is keyed by the person's key and dies with it.
//! What a term digest leaks is equality and frequency within one field of one tenant.
//!
//! # In memory
//!
//! Keys and [`Secret`]s are wiped when dropped, and nothing here prints them. A destroyed key is wiped at once for
//! all who hold it. Memory that the operating system swaps or dumps is beyond this crate.
pub mod breached;
mod cipher;
mod context;
mod digest;
mod environment;
mod error;
mod key_file;
mod live;
pub mod password;
mod public_key;
mod secret;
mod service;
mod subject;
mod tenant;
mod versions;
mod wrapped;

pub use environment::Environment;
pub use error::{KeyFileProblem, SealError};
pub use key_file::{KEY_FILE_BYTES, KeyFile, Protection};
pub use public_key::PublicKey;
pub use secret::{KeyBytes, Secret, same, sha256, token, token_digest};
pub use service::KeyService;
pub use subject::{ENVELOPE_OVERHEAD, Place, SubjectKey, envelope_key};
pub use tenant::TenantKeys;
pub use wrapped::{KeyId, Level, WRAPPED_BYTES_MAX, WrappedKey};

/// The most plain bytes that one seal takes: a record or a chunk of a blob, never a whole archive.
pub const PLAIN_BYTES_MAX: usize = 64 * 1024 * 1024;
