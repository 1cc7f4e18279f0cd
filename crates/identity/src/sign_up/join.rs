use access::Ctx;
use model::{Answer, Kind, RecordId, Refusal, RefusalKind, RequestId, Time};
use seal::Secret;
use vault::{Change, Changes, Expected};

use super::begin::closed;
use super::{Place, begin};
use crate::accounts::Placing;
use crate::kinds::{AccessRequest, Account, Decision, HeldRole, Invitation, Outcome, SignUp, Way};
use crate::post::{Envelope, Letter};
use crate::rules::email::EmailAddress;
use crate::rules::sign_up::{Entrance, LEAST_ROLE, entrance};
use crate::sign_in::Step;
use crate::{Identity, roles};

/// How long a request may wait for its answer, in seconds.
pub(crate) const ANSWER_SECONDS: i64 = 14 * 24 * 60 * 60;
/// How many of those who may answer are written to.
const TOLD_MAX: usize = 10;

/// What a proven address and a password led to.
pub enum Joined {
    /// An account; the second factor is enrolled next.
    Account {
        /// The enrolment.
        step: Box<Step>,
        /// The address, for the authenticator.
        email: String,
    },
    /// A request that somebody else decides.
    Waiting,
}

impl Identity {
    /// The last step: a password for a proven address. What it leads to is what the policy says at this moment.
    pub async fn join(
        &self,
        place: &Place,
        ticket: &str,
        password: Secret,
        request: RequestId,
        now: Time,
    ) -> Answer<Joined> {
        let (door, _turn, opened, sign_up) = self.sign_up(place, ticket, request, now).await?;
        if sign_up.proven.is_none() {
            return Err(begin::over().into());
        }
        let email =
            EmailAddress::parse(&sign_up.email).map_err(|words| model::Fault::new("reading a sign-up", words))?;
        let invited = self.invited(&door, &email).await?;
        let way = entrance(&place.policy, &email, invited.as_ref().map(|(_, invitation)| invitation.by));
        self.fit(&door, email.as_str(), &password).await?;
        let verifier = self.hash(password).await?;
        let done = Changes::new().and(Change::Retire(SignUp::DECL, opened.id, Expected::Version(opened.version)));
        match way {
            Entrance::None => Err(closed(place).into()),
            Entrance::Approval => self.ask(&door, place, sign_up, verifier, done).await,
            Entrance::AtOnce(way) => {
                let role = match (&way, &invited) {
                    (Way::Invitation { .. }, Some((_, invitation))) => invitation.role.clone(),
                    _ => LEAST_ROLE.to_owned(),
                };
                let used = invited
                    .map(|(opened, _)| Change::Retire(Invitation::DECL, opened.id, Expected::Version(opened.version)));
                let changes = used.into_iter().fold(done, Changes::and);
                self.enter(&door, email, Newcomer { sign_up, verifier, role, way }, changes).await
            }
        }
    }

    /// Makes the account at once, together with the evidence of why.
    async fn enter(&self, door: &Ctx, email: EmailAddress, new: Newcomer, changes: Changes) -> Answer<Joined> {
        let Newcomer { sign_up, verifier, role, way } = new;
        let evidence = AccessRequest {
            person: sign_up.person,
            email: sign_up.email,
            name: sign_up.name.clone(),
            role: role.clone(),
            way,
            verifier: None,
            since: door.now,
            answer_by: door.now,
            decision: Some(Decision {
                outcome: Outcome::Accepted,
                by: None,
                at: door.now,
                reason: "The organisation's policy for signing up.".to_owned(),
            }),
        };
        let account = Placing {
            account: sign_up.person,
            email: &email,
            record: Account::joining(&email, sign_up.name, vec![HeldRole::always(role)], verifier, door.now),
        };
        let set_up = self.duty(roles::SET_UP, door.tenant, door.request, door.now);
        let changes = changes.create(RecordId::of_subject(sign_up.person), &evidence)?;
        let record = account.record.clone();
        let person = sign_up.person;
        self.place_account(&set_up, account, changes).await?;
        let step = Box::new(self.ticket(door, person, &record).await?);
        Ok(Joined::Account { step, email: email.to_string() })
    }

    /// Writes the request down and tells those who may answer it.
    async fn ask(&self, door: &Ctx, place: &Place, sign_up: SignUp, verifier: String, done: Changes) -> Answer<Joined> {
        let Some(role) = sign_up.asked else {
            return Err(Refusal::new(RefusalKind::Invalid, "Say which role you ask for: begin again.").into());
        };
        let asked = AccessRequest {
            person: sign_up.person,
            email: sign_up.email,
            name: sign_up.name,
            role,
            way: Way::Approval,
            verifier: Some(verifier),
            since: door.now,
            answer_by: door.now.plus_seconds(ANSWER_SECONDS),
            decision: None,
        };
        let changes = done.create(RecordId::of_subject(asked.person), &asked)?;
        self.vault.commit(door, changes).await?;
        let link = self.link(&format!("/people/requests/{}", asked.person))?;
        for email in self.who_decides(door).await?.into_iter().take(TOLD_MAX) {
            let envelope = Envelope { tenant: place.tenant, organisation: &place.organisation, to: &email };
            self.post(Letter::request_waiting(envelope, &link))?;
        }
        Ok(Joined::Waiting)
    }

    /// The addresses of those who may decide requests.
    async fn who_decides(&self, door: &Ctx) -> Answer<Vec<EmailAddress>> {
        let registry = self.vault.registry();
        let Some(decide) = registry.permission("request.decide") else { return Ok(Vec::new()) };
        let may = |held: &HeldRole| registry.role(&held.role).is_some_and(|role| role.set.contains(decide));
        let mut addresses = Vec::new();
        for opened in self.every(door, Account::DECL).await? {
            let account: Account = opened.record()?;
            if account.roles.iter().any(may) {
                addresses.extend(EmailAddress::parse(&account.email));
            }
        }
        Ok(addresses)
    }
}

/// Somebody about to have an account.
struct Newcomer {
    sign_up: SignUp,
    verifier: String,
    role: String,
    way: Way,
}
