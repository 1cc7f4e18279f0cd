//! Programs with a key pair of their own (SMART Backend Services): registered by people, given tokens that last minutes
//! against a signed assertion (RFC 6749 §4.4, RFC 7523 §2.2).

use std::sync::Arc;

use access::{Actor, Assurance, Ctx, Grant, Grants, Scope, Standing, Window};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{ActorId, Answer, Kind, No, RecordId, RefusalKind, RequestId, SubjectId, TenantId, Time};
use vault::{Change, Changes, Expected, Note};
use web::Knock;

use crate::credential::Presented;
use crate::keys::{KeyWish, person};
use crate::kinds::{AccessToken, Account, Program, UsedAssertion};
use crate::recognised::Known;
use crate::rights::belongs;
use crate::rules::jwk::{self, PublicKey};
use crate::rules::key_life;
use crate::rules::scope::{self, ScopedType};
use crate::sign_in::known_tenant;
use crate::{Identity, credential, roles};

/// Before an access token.
pub(crate) const TOKEN_PREFIX: &str = "candor_token_";
/// How long an access token lasts, in seconds.
pub const TOKEN_SECONDS: i64 = 5 * 60;
/// Where programs ask for tokens.
pub(crate) const TOKEN_PATH: &str = "/oauth/token";

/// A token for a program.
pub struct Issued {
    /// The token, which is shown once.
    pub token: String,
    /// What it is good for, as scopes.
    pub scopes: Vec<String>,
}

/// Why a program gets no token (RFC 6749 §5.2), with words for its maker.
#[derive(Debug)]
pub enum NoToken {
    /// `invalid_client`: unknown, ended, from elsewhere, or the assertion does not hold.
    Client(&'static str),
    /// `invalid_scope`: nothing of what was asked for may be given.
    Scope,
    /// A refusal or a fault of the house.
    No(No),
}

impl From<No> for NoToken {
    fn from(no: No) -> Self {
        Self::No(no)
    }
}

impl From<model::Fault> for NoToken {
    fn from(fault: model::Fault) -> Self {
        Self::No(fault.into())
    }
}

impl Identity {
    /// Registers a program. What it may ask for must be its registrar's own, as with a key.
    pub async fn register_program(
        &self,
        ctx: &Ctx,
        wish: &KeyWish,
        keys: Vec<PublicKey>,
        attempt: &str,
    ) -> Answer<RecordId> {
        let owner = person(ctx)?;
        self.check_wish(ctx, wish)?;
        let ends = key_life::ends_after(wish.days, ctx.now).map_err(|words| crate::keys::invalid("days", words))?;
        let program = Program {
            name: wish.name.clone(),
            owner,
            permissions: wish.permissions.clone(),
            networks: wish.networks.clone(),
            keys,
            ends,
        };
        let id = self.vault.outside().record_id();
        let asked = format!("{wish:?} {:?}", program.keys).into_bytes();
        let receipt = self.vault.commit(ctx, Changes::new().create(id, &program)?.once_for(attempt, asked)).await?;
        Ok(receipt.written.first().map_or(id, |written| written.id))
    }

    /// Every registered program, the newest first.
    pub async fn programs(&self, ctx: &Ctx) -> Answer<Vec<(RecordId, Program)>> {
        let mut list = Vec::new();
        for opened in self.every(ctx, Program::DECL).await? {
            list.push((opened.id, opened.record()?));
        }
        Ok(list)
    }

    /// Ends a program's registration. Its tokens are worth nothing from the next request on.
    pub async fn revoke_program(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let changes = Changes::new().and(Change::Retire(Program::DECL, id, Expected::Any));
        match self.vault.commit(ctx, changes).await {
            Ok(_) => Ok(()),
            Err(No::Refusal(refusal)) if refusal.kind == RefusalKind::Gone => Ok(()),
            Err(no) => Err(no),
        }
    }

    /// Gives a program a token for its signed assertion.
    ///
    /// ORDER: that the assertion is used up and that the token exists are written together, so one assertion never
    /// yields two tokens, on however many nodes it is presented at once.
    pub(crate) async fn issue_token(
        &self,
        assertion: &str,
        asked: &str,
        types: &[ScopedType],
        from: Option<std::net::IpAddr>,
        request: RequestId,
        now: Time,
    ) -> Result<Issued, NoToken> {
        let unknown = NoToken::Client("the client is not known");
        let client = jwk::claimed_issuer(assertion).ok_or(NoToken::Client("the assertion cannot be read"))?;
        let Some((tenant, id)) = read_client_id(&client) else { return Err(unknown) };
        let door = self.duty(roles::DOOR, tenant, request, now);
        let found = known_tenant(self.vault.recognise(&door, Program::DECL, id).await)?;
        let Some(opened) = found else { return Err(unknown) };
        let program: Program = opened.record()?;
        if program.ends <= now || !crate::key_door::opens_from(&program.networks, from) {
            return Err(self.no_token(&door, id, "the registration has ended or is bound to other addresses").await);
        }
        let audience = self.link(TOKEN_PATH)?;
        let good = match jwk::verify(assertion, &program.keys, &client, &audience, now) {
            Ok(good) => good,
            Err(words) => return Err(self.no_token(&door, id, words).await),
        };
        let Some(bound) = self.bound_of(&door, &program).await? else {
            return Err(self.no_token(&door, id, "nobody answers for the program any more").await);
        };
        let as_program = Ctx { grants: Arc::new(bound), assurance: Assurance::Key, ..door.clone() };
        let (scopes, permissions) = scope::grant(asked, types, |name| self.may_pass_on(&as_program, name));
        if scopes.is_empty() {
            return Err(NoToken::Scope);
        }
        let issued = credential::issue_marked(TOKEN_PREFIX, tenant, self.vault.outside().as_ref());
        let token = AccessToken { program: id, permissions, ends: now.plus_seconds(TOKEN_SECONDS) };
        let used = used_id(id, &good.id);
        // Kept for as long as a clock that differs could still let the assertion pass.
        let kept = UsedAssertion { ends: good.ends.plus_seconds(jwk::ASSERTION_SECONDS_MAX) };
        let changes = Changes::new().create(used, &kept)?.create(issued.record, &token)?;
        match self.vault.commit(&door, changes).await {
            Ok(_) => Ok(Issued { token: issued.text, scopes }),
            Err(No::Refusal(refusal)) if refusal.kind == RefusalKind::Conflict => {
                Err(NoToken::Client("the assertion was used before; sign a new one with a new jti"))
            }
            Err(no) => Err(no.into()),
        }
    }

    /// The program behind an access token, with what it may do now: no more than it was given, than it may be given,
    /// and than its owner may.
    pub(crate) async fn token_holder(&self, knock: &Knock, presented: &Presented) -> Answer<Option<Known>> {
        let door = self.duty(roles::DOOR, presented.tenant, knock.request, knock.now);
        let found = known_tenant(self.vault.recognise(&door, AccessToken::DECL, presented.record).await)?;
        let Some(opened) = found else { return Ok(None) };
        let token: AccessToken = opened.record()?;
        let Some(opened) = self.vault.recognise(&door, Program::DECL, token.program).await? else { return Ok(None) };
        let program: Program = opened.record()?;
        let good_until = token.ends.min(program.ends);
        if good_until <= knock.now {
            return Ok(None);
        }
        let Some(bound) = self.bound_of(&door, &program).await? else { return Ok(None) };
        let given = self.just(&token.permissions);
        Ok(Some(Known {
            tenant: presented.tenant,
            actor: Actor::Key(ActorId::from_uuid(token.program.uuid())),
            grants: Arc::new(given.within(&bound)),
            assurance: Assurance::Key,
            session: None,
            networks: program.networks,
            account: None,
            good_until,
        }))
    }

    /// What a program may be given at this moment; none if nobody answers for it any more.
    async fn bound_of(&self, door: &Ctx, program: &Program) -> Answer<Option<Grants>> {
        let owner = self.owner_grants(door, program.owner).await?;
        Ok(owner.map(|owner| self.just(&program.permissions).within(&owner)))
    }

    /// What somebody who answers for a program may do at this moment; none if they are gone or kept out.
    pub(crate) async fn owner_grants(&self, door: &Ctx, owner: SubjectId) -> Answer<Option<Grants>> {
        let Some(opened) = self.vault.recognise(door, Account::DECL, RecordId::of_subject(owner)).await? else {
            return Ok(None);
        };
        let theirs = self.holdings(door, &opened.record::<Account>()?).await?;
        Ok(belongs(&theirs, door.now).is_ok().then(|| Grants::clone(&theirs)))
    }

    fn just(&self, permissions: &[String]) -> Grants {
        let set = self.vault.registry().set(permissions);
        Grants::new(vec![Grant::new(set, Window::ALWAYS, Scope::Tenant)], Standing::GOOD)
    }

    /// Leaves evidence of a known program that was refused.
    async fn no_token(&self, door: &Ctx, program: RecordId, words: &'static str) -> NoToken {
        let note =
            Note { action: "token", kind: Some(Program::DECL), id: Some(program), subject: None, outcome: "refused" };
        match self.vault.note(door, note).await {
            Ok(()) => NoToken::Client(words),
            Err(fault) => fault.into(),
        }
    }
}

/// A program's public name: its organisation and its record. No secret.
pub(crate) fn client_id(tenant: TenantId, program: RecordId) -> String {
    URL_SAFE_NO_PAD.encode([*tenant.as_bytes(), *program.as_bytes()].concat())
}

fn read_client_id(text: &str) -> Option<(TenantId, RecordId)> {
    let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (tenant, program) = bytes.split_first_chunk::<16>()?;
    Some((TenantId::from_bytes(*tenant), RecordId::from_bytes(program.try_into().ok()?)))
}

fn used_id(program: RecordId, jti: &str) -> RecordId {
    RecordId::from_foreign("", || {
        seal::sha256(&[b"assertion\0".as_slice(), program.as_bytes(), jti.as_bytes()].concat())
    })
}
