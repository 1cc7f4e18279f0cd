use model::{Kind, SubjectId, TenantId};
use serde::{Deserialize, Serialize};

/// Which organisation an e-mail address belongs to. Found by a keyed digest of the address, which it does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.sign-in-name",
    version = 1,
    words = "Which organisation an e-mail address belongs to, without the address.",
    subject = nobody,
    purpose = Security,
    retention = Account,
    history = LatestOnly,
    read = "name.keep",
    create = "name.keep",
    revise = "name.keep",
    retire = "name.keep"
)]
pub struct SignInName {
    /// The organisation.
    #[field(sensitivity = Internal)]
    pub tenant: TenantId,
    /// The account in it.
    #[field(sensitivity = Internal)]
    pub account: SubjectId,
}
