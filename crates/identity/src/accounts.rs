use access::Ctx;
use model::{Answer, Fault, Kind, No, RecordId, Refusal, RefusalKind, RequestId, SubjectId, TenantId, Time};
use seal::Secret;
use vault::{Change, Changes, Expected};

use crate::kinds::{Account, Factor, HeldRole, Organisation, Policy, SignInName, Totp};
use crate::rules::email::EmailAddress;
use crate::sign_in::known_tenant;
use crate::{Identity, roles};

/// An organisation to be made.
pub struct NewTenant {
    /// Its name.
    pub name: String,
    /// Whether everything in it is made up.
    pub synthetic: bool,
    /// Its policy.
    pub policy: Policy,
}

/// An account to be made.
pub struct NewAccount {
    /// The address to sign in with.
    pub email: EmailAddress,
    /// The person's name.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// What they may do.
    pub roles: Vec<HeldRole>,
    /// The second factor's secret in base32, where it is known already; otherwise it is enrolled at first sign-in.
    pub factor: Option<String>,
}

/// An account about to be written.
pub(crate) struct Placing<'a> {
    /// Its id.
    pub account: SubjectId,
    /// The address to sign in with.
    pub email: &'a EmailAddress,
    /// The account.
    pub record: Account,
}

/// A key to be made for a program.
pub struct KeyOrder {
    /// What it is for.
    pub name: String,
    /// The account that answers for it.
    pub owner: SubjectId,
    /// What it may do.
    pub roles: Vec<HeldRole>,
    /// When it ends.
    pub ends: Time,
}

impl Identity {
    /// Makes the house's own tenant, if it is not there yet.
    pub async fn found(&self, name: &str, now: Time) -> Result<(), Fault> {
        let whole = NewTenant { name: name.to_owned(), synthetic: false, policy: Policy::USUAL };
        let request = self.vault.outside().request_id();
        self.make_tenant(self.house, &whole, request, now).await
    }

    /// Makes an organisation with its key and its record.
    pub async fn create_tenant(&self, whole: &NewTenant, request: RequestId, now: Time) -> Result<TenantId, Fault> {
        let tenant = self.vault.outside().tenant_id();
        self.make_tenant(tenant, whole, request, now).await?;
        Ok(tenant)
    }

    async fn make_tenant(
        &self,
        tenant: TenantId,
        whole: &NewTenant,
        request: RequestId,
        now: Time,
    ) -> Result<(), Fault> {
        self.vault.create_tenant(tenant).await?;
        let duty = self.duty(roles::SET_UP, tenant, request, now);
        let known = self.vault.recognise(&duty, Organisation::DECL, Organisation::ID).await;
        if known.map_err(unexpected)?.is_some() {
            return Ok(());
        }
        let record = Organisation { name: whole.name.clone(), synthetic: whole.synthetic, policy: whole.policy };
        let changes = Changes::new().create(Organisation::ID, &record)?;
        self.vault.commit(&duty, changes).await.map(|_| ()).map_err(unexpected)
    }

    /// The organisation's own record, as the door knows it.
    pub async fn organisation(&self, tenant: TenantId, request: RequestId, now: Time) -> Answer<Organisation> {
        let door = self.duty(roles::DOOR, tenant, request, now);
        let found = self.vault.recognise(&door, Organisation::DECL, Organisation::ID).await?;
        match found {
            Some(opened) => Ok(opened.record()?),
            None => Err(Fault::new("reading an organisation", "its record is not there").into()),
        }
    }

    /// Whether anybody can sign in to the house yet.
    pub async fn is_founded(&self, request: RequestId, now: Time) -> Answer<bool> {
        let door = self.duty(roles::DOOR, self.house, request, now);
        let marker = self.vault.recognise(&door, SignInName::DECL, FIRST).await?;
        Ok(marker.is_some())
    }

    /// Makes an account: first the name, so that two organisations cannot both have it, then the account.
    pub async fn create_account(
        &self,
        tenant: TenantId,
        new: NewAccount,
        request: RequestId,
        now: Time,
    ) -> Answer<SubjectId> {
        let account = self.vault.outside().subject_id();
        let email = new.email.clone();
        let record = self.account_of(new, now).await?;
        let duty = self.duty(roles::SET_UP, tenant, request, now);
        self.place_account(&duty, Placing { account, email: &email, record }, Changes::new()).await?;
        Ok(account)
    }

    /// Writes an account as whoever `ctx` is, in one batch with `changes`: first the name, then both.
    pub(crate) async fn place_account(&self, ctx: &Ctx, new: Placing<'_>, changes: Changes) -> Answer<()> {
        check_roles(&new.record.roles)?;
        let name_id = self.name_id(new.email).await?;
        let house = self.duty(roles::SET_UP, self.house, ctx.request, ctx.now);
        self.claim(&house, name_id, SignInName { tenant: ctx.tenant, account: new.account }).await?;
        let changes = changes.create(RecordId::of_subject(new.account), &new.record)?;
        if let Err(no) = self.vault.commit(ctx, changes).await {
            let release = Change::Retire(SignInName::DECL, name_id, Expected::Any);
            self.vault.commit(&house, Changes::new().and(release)).await?;
            return Err(no);
        }
        Ok(())
    }

    /// Makes the first organisation and its administrator; afterwards set-up is over for good.
    ///
    /// ORDER: the name and the mark that set-up is over are written last and together. Of two set-ups at once one wins,
    /// and the other's account has no name to sign in with; after a crash in between, set-up is still open.
    pub(crate) async fn create_first_account(
        &self,
        whole: &NewTenant,
        new: NewAccount,
        request: RequestId,
        now: Time,
    ) -> Answer<SubjectId> {
        let account = self.vault.outside().subject_id();
        let name_id = self.name_id(&new.email).await?;
        let record = self.account_of(new, now).await?;
        let tenant = self.create_tenant(whole, request, now).await?;
        let duty = self.duty(roles::SET_UP, tenant, request, now);
        self.vault.commit(&duty, Changes::new().create(RecordId::of_subject(account), &record)?).await?;
        let house = self.duty(roles::SET_UP, self.house, request, now);
        let name = SignInName { tenant, account };
        match self.vault.commit(&house, Changes::new().create(FIRST, &name)?.create(name_id, &name)?).await {
            Ok(_) => Ok(account),
            Err(No::Refusal(refusal)) if refusal.kind == RefusalKind::Conflict => {
                let over = self.is_founded(request, now).await?;
                Err(if over { set_up_is_over() } else { taken() }.recorded().into())
            }
            Err(no) => Err(no),
        }
    }

    /// Takes an e-mail address for an account, unless another account has it.
    async fn claim(&self, house: &Ctx, id: RecordId, name: SignInName) -> Answer<()> {
        let claimed = self.vault.commit(house, Changes::new().create(id, &name)?).await;
        match claimed {
            Err(No::Refusal(refusal)) if refusal.kind == RefusalKind::Conflict => {}
            other => return other.map(|_| ()),
        }
        let Some(there) = self.vault.recognise(house, SignInName::DECL, id).await? else {
            return Err(taken().recorded().into());
        };
        let other: SignInName = there.record()?;
        let door = self.duty(roles::DOOR, other.tenant, house.request, house.now);
        let account = self.vault.recognise(&door, Account::DECL, RecordId::of_subject(other.account)).await;
        // A name without an account was left by a crash between the two; a young one may just be getting its account.
        let is_left = known_tenant(account)?.is_none() && there.updated.plus_seconds(LEFT_AFTER_SECONDS) <= house.now;
        if !is_left {
            return Err(taken().recorded().into());
        }
        let changes = Changes::new().revise(id, &name, Expected::Version(there.version))?;
        self.vault.commit(house, changes).await.map(|_| ())
    }

    async fn account_of(&self, new: NewAccount, now: Time) -> Answer<Account> {
        check_roles(&new.roles)?;
        Ok(Account {
            email: new.email.as_str().to_owned(),
            name: new.name,
            roles: new.roles,
            verifier: Some(self.hash(new.password).await?),
            password_since: now,
            former: Vec::new(),
            factors: new.factor.map(|secret| Factor::Totp(Totp::enrolled(secret, now))).into_iter().collect(),
            recovery: Vec::new(),
            era: 0,
            from: None,
            until: None,
            barred: None,
        })
    }

    pub(crate) async fn name_id(&self, email: &EmailAddress) -> Result<RecordId, Fault> {
        self.vault.digest_id(self.house, "sign-in-name", email.as_str()).await
    }

    pub(crate) async fn hash(&self, password: Secret) -> Answer<String> {
        let hasher = std::sync::Arc::clone(&self.hasher);
        let outside = std::sync::Arc::clone(self.vault.outside());
        let hashed = tokio::task::spawn_blocking(move || hasher.hash(&password, outside.as_ref())).await;
        match hashed {
            Ok(Ok(verifier)) => Ok(verifier.to_phc()),
            Ok(Err(seal::password::PasswordError::Busy)) => Err(busy().into()),
            Ok(Err(error)) => Err(Fault::new("hashing a password", error).into()),
            Err(error) => Err(Fault::new("hashing a password", error).into()),
        }
    }
}

/// The house has more sign-ins at once than it has memory for.
pub(crate) fn busy() -> Refusal {
    Refusal::new(RefusalKind::Busy, "Many people are signing in at this moment. Please try again in a few seconds.")
}

/// How long a name may be without its account before it counts as left behind, in seconds.
const LEFT_AFTER_SECONDS: i64 = 10 * 60;

/// Duties are the house's own: who could hold one could do what only the house may.
pub(crate) fn check_roles(roles: &[HeldRole]) -> Answer<()> {
    match roles.iter().find(|held| roles::is_duty(&held.role)) {
        None => Ok(()),
        Some(held) => {
            let words =
                format!("{} is a duty of the house itself. Nobody can be given it; choose another role.", held.role);
            Err(Refusal::new(RefusalKind::Invalid, words.clone()).at("roles", words).into())
        }
    }
}

fn taken() -> Refusal {
    let words =
        "Somebody has an account with this e-mail address already. Use another address, or sign in with that one.";
    Refusal::new(RefusalKind::Conflict, words).at("email", words)
}

/// Set-up opens once; who comes later is told so.
pub(crate) fn set_up_is_over() -> Refusal {
    Refusal::new(
        RefusalKind::NotFound,
        "Set-up is not open here. It opens once, through the link in the set-up file that the house wrote when it was first started.",
    )
}

/// Marks in the house's tenant that first set-up is over.
const FIRST: RecordId = RecordId::from_bytes(*b"first-account\0\0\0");

fn unexpected(no: No) -> Fault {
    match no {
        No::Fault(fault) => fault,
        No::Refusal(refusal) => Fault::new("setting up an organisation", refusal),
    }
}
