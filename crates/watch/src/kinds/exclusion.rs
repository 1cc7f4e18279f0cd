use model::{Kind, RecordId, Time};
use serde::{Deserialize, Serialize};

/// One rule does not apply to one field of one route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "watch.exclusion",
    version = 1,
    words = "One rule does not apply to one field of one route, because it was wrong about what stands there.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = EveryVersion,
    read = "exclusion.read",
    create = "exclusion.create",
    revise = "exclusion.revoke",
    retire = "exclusion.revoke"
)]
pub struct Exclusion {
    /// `in-force` or `revoked`.
    #[field(sensitivity = Internal, search = Exact)]
    pub state: String,
    /// The rule.
    #[field(sensitivity = Internal, search = Exact)]
    pub rule: u32,
    /// What the rule says.
    #[field(sensitivity = Internal)]
    pub words: String,
    /// The method.
    #[field(sensitivity = Internal)]
    pub method: String,
    /// The pattern of the route.
    #[field(sensitivity = Internal, search = Exact)]
    pub route: String,
    /// The field, such as `ARGS:note`.
    #[field(sensitivity = Internal)]
    pub field: String,
    /// Why the rule is wrong there.
    #[field(sensitivity = Internal)]
    pub reason: String,
    /// The attempt that showed it.
    #[field(sensitivity = Internal, refers = "watch.attempt")]
    pub attempt: RecordId,
    /// Who made it, as in evidence.
    #[field(sensitivity = Identifying)]
    pub made_by: String,
    /// When.
    #[field(sensitivity = Internal)]
    pub made: Time,
    /// Who revoked it, as in evidence.
    #[field(sensitivity = Identifying)]
    pub revoked_by: Option<String>,
    /// When.
    #[field(sensitivity = Internal)]
    pub revoked: Option<Time>,
}

impl Exclusion {
    /// The state of one that is in force.
    pub const IN_FORCE: &'static str = "in-force";
    /// The state of one that is not any more.
    pub const REVOKED: &'static str = "revoked";

    /// Whether it is in force.
    pub fn is_in_force(&self) -> bool {
        self.state == Self::IN_FORCE
    }
}
