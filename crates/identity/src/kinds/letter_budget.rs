use model::{Kind, Time};
use serde::{Deserialize, Serialize};

/// How many letters strangers had sent to one address. Found by a keyed digest of the address, which it does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.letter-budget",
    version = 1,
    words = "How many letters one address was sent in the last hour, without the address.",
    subject = nobody,
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "sign-up.keep",
    create = "sign-up.keep",
    revise = "sign-up.keep",
    retire = "sign-up.keep"
)]
pub struct LetterBudget {
    /// How many.
    #[field(sensitivity = Internal)]
    pub letters: u32,
    /// When counting begins anew.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
}
