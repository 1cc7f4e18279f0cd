//! Who may sign up, and the sentence that says so: both from the same policy, so that they cannot differ.

use crate::kinds::{SignUpMode, SignUpPolicy, Way};
use crate::rules::email::EmailAddress;
use model::SubjectId;

/// The least role, and the only one that anybody gets without a person deciding.
pub const LEAST_ROLE: &str = "newcomer";

/// How one address may join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// Not at all.
    None,
    /// At once, by this way.
    AtOnce(Way),
    /// Once somebody else has approved.
    Approval,
}

/// How an address may join an organisation; `invited` is who invited it, if anybody did.
pub fn entrance(policy: &SignUpPolicy, email: &EmailAddress, invited: Option<SubjectId>) -> Entrance {
    let at_home = || policy.domains.iter().any(|domain| email.domain() == domain);
    match (policy.mode, invited) {
        (SignUpMode::Closed, _) => Entrance::None,
        (_, Some(by)) => Entrance::AtOnce(Way::Invitation { by }),
        (SignUpMode::Invite, None) => Entrance::None,
        (SignUpMode::Approval, None) => Entrance::Approval,
        (SignUpMode::VerifiedDomain, None) if at_home() => Entrance::AtOnce(Way::VerifiedDomain),
        (SignUpMode::VerifiedDomain, None) => Entrance::None,
        (SignUpMode::Open, None) => Entrance::AtOnce(Way::Open),
    }
}

/// What the organisation says about signing up. There is one sentence for each mode and no other place that words it.
pub fn sentence(organisation: &str, policy: &SignUpPolicy) -> String {
    let invited = "Somebody who was invited joins with the role that the invitation names.";
    match policy.mode {
        SignUpMode::Closed => format!("Nobody can sign up at {organisation}. Its administrators make every account."),
        SignUpMode::Invite => format!(
            "Only people whom {organisation} has invited can sign up. They prove their e-mail address with a one-time \
             code, and hold the role that the invitation names."
        ),
        SignUpMode::Approval => format!(
            "Anybody may ask {organisation} for access, with an e-mail address proven by a one-time code. Nobody gets \
             in before a member of {organisation}, who is never the one who asks, has approved. {invited}"
        ),
        SignUpMode::VerifiedDomain => format!(
            "Whoever proves an e-mail address at {} by a one-time code joins {organisation} at once, without approval, \
             as Newcomer and as nothing more. {invited} Nobody else can sign up.",
            listed(&policy.domains)
        ),
        SignUpMode::Open => format!(
            "Whoever proves an e-mail address by a one-time code joins {organisation} at once, without approval, as \
             Newcomer and as nothing more. {invited}"
        ),
    }
}

fn listed(domains: &[String]) -> String {
    match domains {
        [] => "no domain at all".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The short name of a sign-up page: 3 to 40 of `a` to `z`, `0` to `9` and hyphens inside.
pub fn parse_place(text: &str) -> Result<String, String> {
    let text = text.trim().to_lowercase();
    let letters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if (3..=40).contains(&text.len()) && letters && !text.starts_with('-') && !text.ends_with('-') {
        Ok(text)
    } else {
        Err("Use 3 to 40 small letters, digits and hyphens, such as brightwater.".to_owned())
    }
}

/// Domains, one in a line or with commas between them.
pub fn parse_domains(text: &str) -> Result<Vec<String>, String> {
    let mut domains = Vec::new();
    for domain in text.split([',', '\n', ' ']).map(str::trim).filter(|domain| !domain.is_empty()) {
        let domain = domain.trim_start_matches('@').to_lowercase();
        if EmailAddress::parse(&format!("x@{domain}")).is_err() {
            return Err(format!("{domain} is not a domain such as brightwater.example."));
        }
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    if domains.len() > 20 { Err("Enter at most 20 domains.".to_owned()) } else { Ok(domains) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [SignUpMode; 5] =
        [SignUpMode::Closed, SignUpMode::Invite, SignUpMode::Approval, SignUpMode::VerifiedDomain, SignUpMode::Open];

    fn policy(mode: SignUpMode) -> SignUpPolicy {
        SignUpPolicy { mode, domains: vec!["a.example".into(), "b.example".into()], ..SignUpPolicy::closed() }
    }

    /// The contradiction that this house is not to repeat: approval promised, and none needed.
    #[test]
    fn the_sentence_promises_approval_exactly_where_a_stranger_needs_it() {
        let stranger = EmailAddress::parse("ada@elsewhere.example").unwrap();
        let at_home = EmailAddress::parse("ada@b.example").unwrap();
        for mode in MODES {
            let policy = policy(mode);
            let words = sentence("Brightwater", &policy);
            let ways = [entrance(&policy, &stranger, None), entrance(&policy, &at_home, None)];
            assert_eq!(words.contains("has approved"), ways.contains(&Entrance::Approval), "{words}");
            let at_once = ways.iter().any(|way| matches!(way, Entrance::AtOnce(_)));
            assert_eq!(words.contains("at once, without approval"), at_once, "{words}");
            let invited = entrance(&policy, &stranger, Some(SubjectId::from_bytes([7; 16])));
            assert_eq!(words.contains("invited"), invited != Entrance::None, "{words}");
        }
    }

    #[test]
    fn a_domain_is_the_whole_part_after_the_at() {
        for address in ["ada@xb.example", "ada@b.example.foe.example", "b.example@foe.example", "ada@x.b.example"] {
            let email = EmailAddress::parse(address).unwrap();
            assert_eq!(entrance(&policy(SignUpMode::VerifiedDomain), &email, None), Entrance::None, "{address}");
        }
    }

    #[test]
    fn short_names_and_domains_are_read_strictly() {
        assert_eq!(parse_place(" Bright-Water ").unwrap(), "bright-water");
        for bad in ["ab", "-abc", "abc-", "a b c", "a/b", "ümlaut", ""] {
            assert!(parse_place(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_domains("@A.example, b.example\na.example").unwrap(), ["a.example", "b.example"]);
        assert!(parse_domains("localhost").is_err());
    }
}
