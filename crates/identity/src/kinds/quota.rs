use model::{Kind, RecordId, SubjectId};
use serde::{Deserialize, Serialize};

use crate::rules::quota::{TOKENS_USUAL, Tokens};

/// How many tokens of metered work each person has a month, and in which time zone a month begins. One record per
/// organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.quota-rule",
    version = 1,
    words = "How many tokens of metered work each person has a month, and where a month begins.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = EveryVersion,
    read = "quota.read",
    create = "quota.update",
    revise = "quota.update",
    retire = "quota.update"
)]
pub struct QuotaRule {
    /// Tokens for each person and month.
    #[field(sensitivity = Internal)]
    pub tokens: u64,
    /// The time zone by its IANA name.
    #[field(sensitivity = Internal)]
    pub zone: String,
}

/// What one person has used of their monthly tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.quota",
    version = 1,
    words = "What somebody has used of their monthly tokens, and what is set aside for work under way.",
    subject = field(account),
    purpose = Security,
    retention = Account,
    history = LatestOnly,
    read = "quota.read",
    create = "quota.keep",
    revise = "quota.keep",
    retire = "quota.keep"
)]
pub struct Quota {
    /// Whose.
    #[field(sensitivity = Internal, refers = "identity.account")]
    pub account: SubjectId,
    /// Used and set aside.
    #[field(sensitivity = Internal)]
    pub tokens: Tokens,
}

impl QuotaRule {
    /// The one record's id.
    pub const ID: RecordId = RecordId::from_bytes(*b"quota-rule\0\0\0\0\0\0");

    /// The rule where the organisation has made none.
    pub fn usual() -> Self {
        Self { tokens: TOKENS_USUAL, zone: "UTC".to_owned() }
    }
}
