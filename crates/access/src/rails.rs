//! What nobody may do, whatever they hold: the guard-rails above every role.
//!
//! They are not denied by a rule that somebody could change: there is no permission for them, and a registry in which
//! one is declared does not assemble, so a house with one does not start.

/// An act that does not exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Impossible {
    /// Stable name.
    pub name: &'static str,
    /// What nobody may do, for people.
    pub words: &'static str,
    /// What it would be done to: the nouns.
    nouns: &'static [&'static str],
    /// What would be done to it: the verbs.
    verbs: &'static [&'static str],
}

/// Ways to say that something no longer works or no longer is.
const OFF: &[&str] = &[
    "off", "disable", "stop", "suspend", "pause", "bypass", "skip", "delete", "retire", "erase", "purge", "remove",
    "clear", "truncate", "rewrite", "update", "revise", "edit", "waive", "exempt", "optional",
];

/// Every guard-rail.
pub const IMPOSSIBLE: &[Impossible] = &[
    Impossible {
        name: "audit-off",
        words: "Turn the audit log off, change it or delete from it.",
        nouns: &["audit", "evidence", "log", "ledger", "checkpoint"],
        verbs: OFF,
    },
    Impossible {
        name: "factor-off",
        words: "Let somebody in without a second factor.",
        nouns: &["mfa", "factor", "second-factor", "totp", "two-factor"],
        verbs: &["off", "disable", "suspend", "bypass", "skip", "waive", "exempt", "optional"],
    },
    Impossible {
        name: "key-export",
        words: "Take a key of the house out of it.",
        nouns: &["root-key", "kek", "master-key", "tenant-key", "subject-key", "encryption-key", "log-key", "seal"],
        verbs: &["export", "reveal", "read", "copy", "download", "print"],
    },
    Impossible {
        name: "cross-environment",
        words: "Use one environment's keys, records or sign-ins in another.",
        nouns: &["environment", "production", "deployment"],
        verbs: &["cross", "copy", "join", "switch", "clone", "mirror", "import"],
    },
];

/// The guard-rail that a thing done to a thing would break, if any. Case does not count, and compound words are read
/// in their parts: `audit-log.turn-off` breaks one as `audit.off` does.
pub fn broken_by(noun: &str, verb: &str) -> Option<&'static Impossible> {
    let (noun, verb) = (noun.to_ascii_lowercase(), verb.to_ascii_lowercase());
    IMPOSSIBLE.iter().find(|rail| named(rail.nouns, &noun) && named(rail.verbs, &verb))
}

fn named(words: &[&str], text: &str) -> bool {
    words.iter().any(|word| {
        text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let after = text.get(at + word.len()..).and_then(|text| text.chars().next());
            let edge = |it: Option<char>| it.is_none_or(|it| !it.is_ascii_alphanumeric());
            edge(before) && edge(after)
        })
    })
}
