use model::{Kind, TenantId};
use serde::{Deserialize, Serialize};

/// Which organisation a sign-up page belongs to. Found by a keyed digest of the short name in its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.sign-up-place",
    version = 1,
    words = "Which organisation a sign-up page belongs to.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = LatestOnly,
    read = "name.keep",
    create = "name.keep",
    revise = "name.keep",
    retire = "name.keep"
)]
pub struct SignUpPlace {
    /// The organisation.
    #[field(sensitivity = Internal)]
    pub tenant: TenantId,
}
