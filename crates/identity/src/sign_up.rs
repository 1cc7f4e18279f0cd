//! From a stranger with an e-mail address to somebody with an account.
//!
//! | file | what |
//! |---|---|
//! | `sign_up/begin.rs` | an address, a letter, a code |
//! | `sign_up/join.rs` | a proven address becomes an account, or a request that waits for one |
//! | `sign_up/requests.rs` | somebody else decides a request |
//! | `sign_up/invitations.rs` | members invite people |
//! | `sign_up/settings.rs` | how an organisation takes people in, and where its sign-up page is |
//!
//! INVARIANT: whoever signs up learns from no answer and from no time it takes whether an address has an account.

mod begin;
mod invitations;
mod join;
mod requests;
mod settings;

use access::{Actor, Ctx};
use model::{Answer, Kind, RecordId, Refusal, RefusalKind, SubjectId};

pub use begin::SignUpForm;
pub use invitations::Invited;
pub use join::Joined;
pub use requests::{Requested, Verdict};
pub use settings::Place;

use crate::kinds::Account;
use crate::{Identity, roles};

/// The person who asks, for acts that only a person does.
fn person(ctx: &Ctx) -> Answer<SubjectId> {
    match ctx.actor {
        Actor::Person(id) => Ok(SubjectId::from_uuid(id.uuid())),
        Actor::Key(_) | Actor::Duty(_) => {
            Err(Refusal::new(RefusalKind::NotAllowed, "Only a person who is signed in can do this.").into())
        }
    }
}

impl Identity {
    /// The roles that can be given by an invitation or an approval: those for people, without the administrator's,
    /// which takes more than one person's word.
    pub fn roles_to_offer(&self) -> Vec<(&'static str, &'static str)> {
        let roles = self.vault.registry().roles();
        let everyday = roles.filter(|role| roles::is_for_staff(role.decl.name) && !self.governs(role.set));
        everyday.map(|role| (role.decl.name, role.decl.title)).collect()
    }

    /// The roles that somebody holds here, with what each is for.
    pub async fn own_roles(&self, ctx: &Ctx) -> Answer<Vec<(String, String)>> {
        let door = self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        let id = RecordId::of_subject(person(ctx)?);
        let Some(opened) = self.vault.recognise(&door, Account::DECL, id).await? else { return Ok(Vec::new()) };
        let held = opened.record::<Account>()?.roles;
        let roles = held.iter().filter_map(|held| self.vault.registry().role(&held.role));
        Ok(roles.map(|role| (role.decl.title.to_owned(), role.decl.words.to_owned())).collect())
    }

    /// A role's title for people.
    pub fn title(&self, role: &str) -> &'static str {
        self.vault.registry().role(role).map_or("a role that is no more", |role| role.decl.title)
    }

    fn may_be_given(&self, role: &str) -> Answer<()> {
        if self.roles_to_offer().iter().any(|(name, _)| *name == role) {
            return Ok(());
        }
        let words = "This role cannot be given here. Choose one from the list.";
        Err(Refusal::new(RefusalKind::Invalid, words).at("role", words).into())
    }
}
