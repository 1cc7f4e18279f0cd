use askama::Template;
use model::TenantId;

use crate::rules::email::EmailAddress;

/// One letter. Made by its named constructors only, so that every word the house writes stands here.
#[derive(Clone)]
pub struct Letter {
    /// The organisation in whose name it is written.
    pub tenant: TenantId,
    /// To whom.
    pub to: EmailAddress,
    /// Its subject line.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// The same as HTML, without images, scripts or anything fetched from elsewhere.
    pub html: String,
    /// What it is about.
    pub kind: LetterKind,
}

/// What a letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterKind {
    /// The code that shows that an address is one's own.
    Activation,
    /// Somebody tried to sign up with an address that has an account already.
    AccountExists,
    /// An invitation to join.
    Invitation,
    /// A request for access waits for an answer.
    RequestWaiting,
    /// What became of one's request for access.
    RequestAnswered,
    /// The link to choose a new password.
    Reset,
    /// Something about the account's safety changed.
    Notice,
}

impl LetterKind {
    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::AccountExists => "account-exists",
            Self::Invitation => "invitation",
            Self::RequestWaiting => "request-waiting",
            Self::RequestAnswered => "request-answered",
            Self::Reset => "reset",
            Self::Notice => "notice",
        }
    }
}

/// For whom a letter is and in whose name.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// The organisation.
    pub tenant: TenantId,
    /// Its name.
    pub organisation: &'a str,
    /// To whom.
    pub to: &'a EmailAddress,
}

/// A letter before it is set.
struct Draft<'a> {
    kind: LetterKind,
    subject: String,
    paragraphs: &'a [String],
    code: Option<&'a str>,
    link: Option<(&'a str, &'a str)>,
    closing: &'a str,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    heading: &'a str,
    paragraphs: &'a [String],
    code: &'a str,
    link_words: &'a str,
    link: &'a str,
    closing: &'a str,
}

const NOT_YOU: &str = "If you did not ask for this, you need not do anything: without the letter nobody can go on.";

impl Letter {
    /// The one-time code that shows that an address is one's own.
    pub fn activation(envelope: Envelope<'_>, code: &str, minutes: i64) -> Self {
        let organisation = envelope.organisation;
        let words = format!(
            "Somebody, most likely you, is signing up at {organisation} with this address. Enter this code on the page \
             that is open there. It is good once and for {minutes} minutes."
        );
        Self::set(
            envelope,
            Draft {
                kind: LetterKind::Activation,
                subject: format!("Your code for {organisation}"),
                paragraphs: &[words],
                code: Some(code),
                link: None,
                closing: NOT_YOU,
            },
        )
    }

    /// Somebody signs up with an address that has an account already.
    pub fn account_exists(envelope: Envelope<'_>, reset: &str) -> Self {
        let organisation = envelope.organisation;
        let words = format!(
            "Somebody, most likely you, tried to sign up at {organisation} with this address. You have an account \
             already, so there is nothing to sign up for. Sign in as always; if you have forgotten your password, \
             choose a new one."
        );
        Self::set(
            envelope,
            Draft {
                kind: LetterKind::AccountExists,
                subject: format!("You have an account already: {organisation}"),
                paragraphs: &[words],
                code: None,
                link: Some(("Choose a new password", reset)),
                closing: "If it was not you, you need not do anything. Whoever tried was not told that you have an account.",
            },
        )
    }

    /// An invitation to join, from one who may give it.
    pub fn invitation(envelope: Envelope<'_>, role: &str, link: &str, days: i64) -> Self {
        let organisation = envelope.organisation;
        let words = [
            format!("{organisation} invites you to work with it in Candor, as {role}."),
            format!(
                "Open the page below and sign up with this address. The invitation is good once and for {days} days."
            ),
        ];
        Self::set(
            envelope,
            Draft {
                kind: LetterKind::Invitation,
                subject: format!("{organisation} invites you"),
                paragraphs: &words,
                code: None,
                link: Some(("Sign up", link)),
                closing: "If you do not know this organisation, you need not do anything.",
            },
        )
    }

    /// For those who may answer: somebody waits.
    pub fn request_waiting(envelope: Envelope<'_>, link: &str) -> Self {
        let words = format!(
            "Somebody with a proven e-mail address asks for access to {}. Who it is and what they ask for stands on the \
             page below, not in this letter.",
            envelope.organisation
        );
        Self::set(
            envelope,
            Draft {
                kind: LetterKind::RequestWaiting,
                subject: format!("Somebody asks for access to {}", envelope.organisation),
                paragraphs: &[words],
                code: None,
                link: Some(("See who asks", link)),
                closing: "You get this letter because you may answer such requests.",
            },
        )
    }

    /// A request for access was accepted.
    pub fn request_accepted(envelope: Envelope<'_>, role: &str, link: &str) -> Self {
        let organisation = envelope.organisation;
        let words = format!(
            "{organisation} has accepted your request: you join as {role}. Sign in with this address and the password \
             you chose. The first time you set up your second factor; have your authenticator at hand."
        );
        Self::set(
            envelope,
            Draft {
                kind: LetterKind::RequestAnswered,
                subject: format!("You can sign in to {organisation}"),
                paragraphs: &[words],
                code: None,
                link: Some(("Sign in", link)),
                closing: "If you never asked for access, tell the organisation.",
            },
        )
    }

    /// A request for access was declined, or nobody answered it in time.
    pub fn request_declined(envelope: Envelope<'_>, reason: &str) -> Self {
        let organisation = envelope.organisation;
        let words = [format!("{organisation} did not accept your request for access."), format!("Reason: {reason}")];
        Self::set(
            envelope,
            Draft {
                kind: LetterKind::RequestAnswered,
                subject: format!("Your request to {organisation}"),
                paragraphs: &words,
                code: None,
                link: None,
                closing: "Ask the organisation itself if you think that this is a mistake.",
            },
        )
    }

    /// The link to choose a new password.
    pub fn reset(envelope: Envelope<'_>, link: &str, minutes: i64) -> Self {
        let words = format!(
            "Somebody, most likely you, asked to choose a new password for {}. The link is good once and for {minutes} \
             minutes. You will still need your second factor to sign in.",
            envelope.organisation
        );
        Self::set(
            envelope,
            Draft {
                kind: LetterKind::Reset,
                subject: "Choose a new password".to_owned(),
                paragraphs: &[words],
                code: None,
                link: Some(("Choose a new password", link)),
                closing: NOT_YOU,
            },
        )
    }

    /// The password was changed.
    pub fn password_changed(envelope: Envelope<'_>, reset: &str) -> Self {
        let what = "The password of your account was changed, and you were signed out everywhere.".to_owned();
        Self::notice(envelope, "Your password was changed", what, ("Choose a new password", reset))
    }

    /// Something about the account's safety changed: `heading` in a few words, `what` in one or two sentences, and
    /// where to go if it was somebody else.
    pub fn notice(envelope: Envelope<'_>, heading: &str, what: String, link: (&str, &str)) -> Self {
        Self::set(
            envelope,
            Draft {
                kind: LetterKind::Notice,
                subject: format!("{heading}: {}", envelope.organisation),
                paragraphs: &[what],
                code: None,
                link: Some(link),
                closing: "If it was you, you need not do anything. If it was not you, act at once, and tell your organisation.",
            },
        )
    }

    fn set(envelope: Envelope<'_>, draft: Draft<'_>) -> Self {
        let mut text = format!("{}\n", draft.subject);
        for paragraph in draft.paragraphs {
            text.push_str(&format!("\n{paragraph}\n"));
        }
        if let Some(code) = draft.code {
            text.push_str(&format!("\n    {code}\n"));
        }
        if let Some((words, link)) = draft.link {
            text.push_str(&format!("\n{words}:\n{link}\n"));
        }
        text.push_str(&format!("\n{}\n", draft.closing));
        let (link_words, link) = draft.link.unwrap_or_default();
        let html = Html {
            heading: &draft.subject,
            paragraphs: draft.paragraphs,
            code: draft.code.unwrap_or_default(),
            link_words,
            link,
            closing: draft.closing,
        };
        // A template of plain values renders always; if ever not, the letter goes out in plain text.
        let html = html.render().unwrap_or_default();
        Self { tenant: envelope.tenant, to: envelope.to.clone(), subject: draft.subject, text, html, kind: draft.kind }
    }
}

/// Never the address, the words or the code.
impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({})", self.kind.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_hold_nothing_remote_and_escape_what_people_wrote() {
        let to = EmailAddress::parse("ada@example.org").unwrap();
        let envelope = Envelope { tenant: TenantId::from_bytes([1; 16]), organisation: "A <b>&</b> Co", to: &to };
        let link = "https://candor.test/reset?token=x";
        for letter in [
            Letter::activation(envelope, "1234 5678", 15),
            Letter::account_exists(envelope, link),
            Letter::invitation(envelope, "Receptionist", link, 7),
            Letter::request_waiting(envelope, link),
            Letter::request_accepted(envelope, "Receptionist", link),
            Letter::request_declined(envelope, "<script>"),
            Letter::reset(envelope, link, 30),
            Letter::password_changed(envelope, link),
        ] {
            for remote in ["<img", "<script", "<link", "src=", "url(", "@import", "<b>"] {
                assert!(!letter.html.contains(remote), "{remote} in {}", letter.html);
            }
            assert!(letter.text.contains("A <b>&</b> Co"), "{}", letter.text);
            assert_eq!(letter.html.matches("href=").count(), usize::from(letter.text.contains(link)));
            assert!(letter.html.len() > 200 && !format!("{letter:?}").contains("ada"));
        }
    }
}
