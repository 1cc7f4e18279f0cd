use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};

/// Somebody may join, with one role, until a day. Found by a keyed digest of their address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.invitation",
    version = 1,
    words = "Somebody was invited to join, with one role, until a day.",
    subject = field(person),
    purpose = Security,
    retention = Account,
    history = LatestOnly,
    read = "invitation.read",
    create = "invitation.send",
    revise = "invitation.send",
    retire = "invitation.withdraw"
)]
pub struct Invitation {
    /// Who.
    #[field(sensitivity = Internal)]
    pub person: SubjectId,
    /// Their address, which they will have to prove.
    #[field(sensitivity = Identifying)]
    pub email: String,
    /// The role they will hold.
    #[field(sensitivity = Internal)]
    pub role: String,
    /// Who invites.
    #[field(sensitivity = Internal)]
    pub by: SubjectId,
    /// When.
    #[field(sensitivity = Internal)]
    pub since: Time,
    /// Until when it is good.
    #[field(sensitivity = Internal)]
    pub until: Time,
}
