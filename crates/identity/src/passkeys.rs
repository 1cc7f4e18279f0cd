//! Passkeys: challenges, adding one, and signing in with nothing else.

use access::{Assurance, Ctx};
use model::{Answer, Fault, Kind, No, RecordId, Refusal, RefusalKind, SubjectId, TenantId, Time};
use vault::Changes;

use crate::kinds::{Account, Factor, Passkey, SpentChallenge};
use crate::notices::Happened;
use crate::rules::passkey::{Made, RelyingParty, bytes, challenge_in, made, text};
use crate::second_factor::{Answered, Proof, with_account, wrong_proof};
use crate::sessions::Beginning;
use crate::sign_in::{Caller, SignedIn, known_tenant};
use crate::{Identity, credential, roles};

/// How long a challenge may take, in seconds.
const CHALLENGE_SECONDS: i64 = 10 * 60;
/// Second factors that one account may have.
pub(crate) const FACTORS_MAX: usize = 10;

/// What a page tells the browser so that it asks for a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyAsk {
    /// What is to be signed, base64url.
    pub challenge: String,
    /// The host's name.
    pub party: String,
    /// Where the pages must be for it to work.
    pub origin: String,
    /// The credentials that count, base64url, with spaces between; empty for any.
    pub known: String,
    /// Whether the authenticator must make sure of the person: `required` or `preferred`.
    pub verify: &'static str,
    /// Whose the new credential will be, base64url; empty where none is made.
    pub user: String,
}

/// A passkey as the browser sent it after making it.
pub struct NewPasskey {
    /// How its owner calls it.
    pub name: String,
    /// `clientDataJSON`.
    pub client: Vec<u8>,
    /// The authenticator data.
    pub data: Vec<u8>,
}

impl Identity {
    /// Tells at which address the house answers people, `https://…`. Passkeys are bound to its host's name; without a
    /// name there are none.
    pub fn answer_at(&self, address: &str) {
        if let Some(party) = RelyingParty::of(address) {
            self.party.get_or_init(|| party);
        }
    }

    pub(crate) fn party(&self) -> Option<RelyingParty> {
        self.party.get().cloned()
    }

    /// What the sign-in page asks of any passkey.
    pub async fn ask_to_sign_in(&self, now: Time) -> Answer<Option<PasskeyAsk>> {
        self.ask_for("sign-in", String::new(), "required", now).await
    }

    /// What the second step asks, if the ticket's account has a passkey.
    pub async fn ask_for_ticket(&self, ticket: &str, caller: &Caller) -> Answer<Option<PasskeyAsk>> {
        let Some(presented) = credential::read(ticket) else { return Ok(None) };
        let door = self.duty(roles::DOOR, presented.tenant, caller.request, caller.now);
        let Some((_, ticket)) = known_tenant(self.good_ticket(&door, presented.record).await)? else { return Ok(None) };
        let account = RecordId::of_subject(ticket.account);
        let Some(account) = self.vault.recognise(&door, Account::DECL, account).await? else { return Ok(None) };
        let known = known(&account.record()?);
        if known.is_empty() || !ticket.shown.is_empty() {
            return Ok(None);
        }
        self.ask_for(&second(presented.record), known, "preferred", caller.now).await
    }

    /// What stepping up asks, if the account has a passkey.
    pub async fn ask_to_step_up(&self, ctx: &Ctx) -> Answer<Option<PasskeyAsk>> {
        let own = self.own(ctx).await?;
        let known = known(&own.account);
        if known.is_empty() {
            return Ok(None);
        }
        self.ask_for(&step_up(own.session_at.id), known, "preferred", ctx.now).await
    }

    /// What adding a passkey asks of the browser.
    pub async fn ask_to_make(&self, ctx: &Ctx) -> Answer<Option<PasskeyAsk>> {
        let own = self.own(ctx).await?;
        let ask = self.ask_for(&create(own.session_at.id), known(&own.account), "preferred", ctx.now).await?;
        Ok(ask.map(|ask| PasskeyAsk { user: text(&handle(ctx.tenant, own.whose)), ..ask }))
    }

    async fn ask_for(
        &self,
        purpose: &str,
        known: String,
        verify: &'static str,
        now: Time,
    ) -> Answer<Option<PasskeyAsk>> {
        let Some(party) = self.party() else { return Ok(None) };
        let challenge = self.passkey_challenge(purpose, now).await?;
        Ok(Some(PasskeyAsk { challenge, party: party.id, origin: party.origin, known, verify, user: String::new() }))
    }

    /// Adds a passkey to the asker's own account.
    pub async fn add_passkey(&self, ctx: &Ctx, new: NewPasskey) -> Answer<()> {
        must_be_stepped_up(ctx)?;
        let own = self.own(ctx).await?;
        let (Some(party), Some(challenge)) = (self.party(), challenge_in(&new.client)) else {
            return Err(not_made().into());
        };
        let holds = self.challenge_holds(&create(own.session_at.id), &challenge, ctx.now).await?;
        let fresh = made(&party, &challenge, &Made { client: &new.client, data: &new.data }).filter(|_| holds);
        let Some(fresh) = fresh else { return Err(not_made().into()) };
        let id = text(&fresh.id);
        if own.account.passkeys().any(|passkey| passkey.id == id) {
            let words = "This passkey is on your account already.";
            return Err(Refusal::new(RefusalKind::Conflict, words).into());
        }
        let passkey =
            Passkey { name: new.name, id, key: text(&fresh.key), count: fresh.count, since: ctx.now, used: None };
        let changes = self.spend(Changes::new(), ctx.tenant, Some(&challenge), ctx.now).await?;
        self.add_factor(&own, Factor::Passkey(passkey), changes).await
    }

    /// Signs in with a passkey alone, which is two factors at once: the device, and what it asked of its owner.
    pub async fn sign_in_by_passkey(&self, answered: Answered, caller: &Caller) -> Answer<SignedIn> {
        let proof = Proof::Passkey(answered);
        let Proof::Passkey(answered) = &proof else { return Err(wrong_proof(&proof).into()) };
        let Some((tenant, whose)) = read_handle(&answered.user) else { return Err(wrong_proof(&proof).into()) };
        let door = self.duty(roles::DOOR, tenant, caller.request, caller.now);
        let found = self.vault.recognise(&door, Account::DECL, RecordId::of_subject(whose)).await;
        let Some(opened) = known_tenant(found)? else { return Err(wrong_proof(&proof).into()) };
        let account: Account = opened.record()?;
        let _turn = self.turns.take(opened.id).await;
        let (state, _) = self.state(&door, whose).await?;
        let judged = self.judge(&door, (whose, &account), &state, &proof, "sign-in").await?;
        let Some(judged) = judged.filter(|judged| judged.verified) else {
            return Err(self.noted_wrong(&door, whose, wrong_proof(&proof)).await);
        };
        let changes = with_account(Changes::new(), &opened, judged.account.as_ref())?;
        let changes = self.spend(changes, tenant, judged.challenge.as_deref(), caller.now).await?;
        let begun = Beginning { whose, account: &account, factors: &["pop", "mfa"], caller };
        self.begin_session(&door, begun, changes).await
    }

    /// A challenge for one purpose: a nonce, its end, and a keyed digest of both. Nothing is stored until it is answered.
    async fn passkey_challenge(&self, purpose: &str, now: Time) -> Result<String, Fault> {
        let mut body = [0u8; 24];
        let (nonce, ends) = body.split_at_mut(16);
        self.vault.outside().fill(nonce);
        ends.copy_from_slice(&now.plus_seconds(CHALLENGE_SECONDS).micros().to_be_bytes());
        let seal = self.challenge_seal(purpose, &body).await?;
        Ok(text(&[body.as_slice(), seal.as_bytes().as_slice()].concat()))
    }

    pub(crate) async fn challenge_holds(&self, purpose: &str, challenge: &str, now: Time) -> Result<bool, Fault> {
        let Some(whole) = bytes(challenge) else { return Ok(false) };
        let Some((body, seal)) = whole.split_first_chunk::<24>() else { return Ok(false) };
        let ends = body.last_chunk::<8>().map_or(0, |ends| i64::from_be_bytes(*ends));
        let right = self.challenge_seal(purpose, body).await?;
        Ok(seal::same(right.as_bytes(), seal) && now.micros() < ends)
    }

    async fn challenge_seal(&self, purpose: &str, body: &[u8; 24]) -> Result<RecordId, Fault> {
        self.vault.digest_id(self.house, "passkey-challenge", &format!("{purpose} {}", text(body))).await
    }

    /// Marks a challenge as answered, in the same commit: a second answer finds the mark and is refused.
    pub(crate) async fn spend(
        &self,
        changes: Changes,
        tenant: TenantId,
        challenge: Option<&str>,
        now: Time,
    ) -> Result<Changes, Fault> {
        let Some(challenge) = challenge else { return Ok(changes) };
        let id = self.vault.digest_id(tenant, "used-challenge", challenge).await?;
        changes.create(id, &SpentChallenge { ends: now.plus_seconds(CHALLENGE_SECONDS) })
    }

    pub(crate) async fn add_factor(&self, own: &crate::sessions::Own, factor: Factor, changes: Changes) -> Answer<()> {
        if own.account.factors.len() >= FACTORS_MAX {
            let words = format!("An account may have {FACTORS_MAX} second factors. Remove one that you no longer use.");
            return Err(Refusal::new(RefusalKind::Conflict, words).into());
        }
        let name = factor.name().to_owned();
        let mut factors = own.account.factors.clone();
        factors.push(factor);
        let account = Account { factors, ..own.account.clone() };
        let changes = with_account(changes, &own.account_at, Some(&account))?;
        self.vault.commit(&own.door, changes).await?;
        self.tell(&own.door, &account, Happened::FactorAdded(name)).await;
        Ok(())
    }

    async fn noted_wrong(&self, door: &Ctx, whose: SubjectId, refusal: Refusal) -> No {
        self.noted(door, crate::sign_in::sign_in_note("refused", Some(whose)), refusal).await
    }
}

/// What a challenge of the second step is for.
pub(crate) fn second(ticket: RecordId) -> String {
    format!("second {ticket}")
}

/// What a challenge of a step-up is for.
pub(crate) fn step_up(session: RecordId) -> String {
    format!("step-up {session}")
}

fn create(session: RecordId) -> String {
    format!("create {session}")
}

fn known(account: &Account) -> String {
    account.passkeys().map(|passkey| passkey.id.as_str()).collect::<Vec<_>>().join(" ")
}

/// What a credential says about whose it is: two ids, which name nobody.
fn handle(tenant: TenantId, whose: SubjectId) -> Vec<u8> {
    [tenant.as_bytes().as_slice(), whose.as_bytes().as_slice()].concat()
}

fn read_handle(handle: &[u8]) -> Option<(TenantId, SubjectId)> {
    let (tenant, whose) = handle.split_first_chunk::<16>()?;
    Some((TenantId::from_bytes(*tenant), SubjectId::from_bytes(whose.try_into().ok()?)))
}

/// What is sensitive takes a second factor that was shown again, whatever the route says.
pub(crate) fn must_be_stepped_up(ctx: &Ctx) -> Result<(), Refusal> {
    if ctx.assurance >= Assurance::SteppedUp { Ok(()) } else { Err(Refusal::second_factor_needed()) }
}

fn not_made() -> Refusal {
    Refusal::new(RefusalKind::Invalid, "The browser did not make a passkey for this house. Try again.")
}
