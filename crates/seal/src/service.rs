use model::Outside;

use crate::{KeyBytes, SealError};

/// Where the root key lives: it wraps and unwraps environment keys and never hands itself out.
///
/// A service must bind `context` into what it wraps (as associated data, or as a service's
/// "encryption context"), and must refuse to unwrap under another context.
pub trait KeyService: Send + Sync {
    /// A stable name that tells this root key from any other; wrapped keys refer to it.
    fn name(&self) -> &str;

    /// Wraps a key, bound to `context`.
    fn wrap(&self, context: &[u8], key: &KeyBytes, outside: &dyn Outside) -> Result<Vec<u8>, SealError>;

    /// Unwraps what [`KeyService::wrap`] gave for the same `context`.
    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<KeyBytes, SealError>;
}
