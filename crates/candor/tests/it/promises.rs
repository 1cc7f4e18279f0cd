//! The runner against real houses: every promise is proved on a house that keeps it, and each of these breaks one
//! control of a whole house and must be seen.

use std::sync::Arc;

use access::Ctx;
use candor::Machine;
use candor::commands::open_rows;
use futures_util::future::BoxFuture;
use identity::{Account, HeldRole, NewAccount};
use model::{Answer, Kind as _, Outside as _, RecordId, Refusal, TenantId, Time};
use seal::Secret;
use storage::{Batch, CommitReply, Engine, Reply, Row, Space, Span};
use trust::house::{Credentials, Https};
use trust::runner::{Config, Mode, Runner};
use trust::scratch::{NoScratch, Program, Scratch};
use trust::{ClaimDecl, Verdict, bundle, claims};
use vault::{Changes, Expected};
use web::{Doorkeeper, Guest, Knock, RouteDecl};

use crate::house::{OpenHouse, plan};

fn runner(house: &OpenHouse, scratch: Arc<dyn Scratch>) -> Runner {
    let data = house.open.house.ground.root().to_owned();
    let config = Config {
        temp: data.join("tmp"),
        data,
        also: Vec::new(),
        build_sha256: "0".repeat(64),
        outside: Arc::new(Machine),
        scratch,
        mode: Mode::Once,
    };
    std::fs::create_dir_all(&config.temp).unwrap();
    let known = Credentials::read(&config.data.join("runner/credentials.json")).unwrap();
    let wire = Https::new(&known.base, &std::fs::read(&known.certificate).unwrap()).unwrap();
    Runner::open(&config, known, Box::new(wire)).unwrap()
}

/// The verdict on one claim about a house.
async fn verdict(house: &OpenHouse, id: &str) -> (Verdict, String) {
    let claim: &'static ClaimDecl = claims::ALL.iter().find(|claim| claim.id == id).unwrap();
    let outcome = runner(house, Arc::new(NoScratch)).once(std::slice::from_ref(claim)).await.unwrap();
    let (_, verdict, reason) = outcome.verdicts.into_iter().next().unwrap();
    (verdict, reason)
}

async fn assert_fails(house: OpenHouse, id: &str) {
    let (verdict, reason) = verdict(&house, id).await;
    assert_eq!(verdict, Verdict::Failed, "{id}: {reason}");
    house.open.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_promise_is_proved_on_a_house_that_keeps_it_and_the_bundle_verifies() {
    let house = OpenHouse::new().await;
    let program = env!("CARGO_BIN_EXE_candor").into();
    let outcome = runner(&house, Arc::new(Program::new(program, open_rows))).once(claims::ALL).await.unwrap();
    for (claim, verdict, reason) in &outcome.verdicts {
        assert_eq!(*verdict, Verdict::Proved, "{claim}: {reason}");
    }
    let bytes = std::fs::read(house.open.house.ground.at("trust/bundle")).unwrap();
    let now = Machine.now();
    assert!(bundle::verify(&bytes, now, None).unwrap().holds());
    assert!(!bundle::verify(&bytes, now.plus_seconds(30 * 24 * 3600), None).unwrap().holds(), "an old bundle is stale");
    for place in (0..bytes.len()).step_by(bytes.len() / 97) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let broken = bundle::verify(&changed, now, None);
        assert!(broken.is_err(), "a change of byte {place} was not noticed");
    }
    house.open.stop().await.unwrap();
}

/// An engine that forgets some of what it is given, or changes it.
struct Crooked {
    inner: Arc<dyn Engine>,
    forget: Option<&'static [u8]>,
    forge: Option<&'static [u8]>,
}

/// How many entries the house itself reads at a time to sign them. Others are shown something else.
const GATHERED_AT_A_TIME: usize = 4096;

impl Engine for Crooked {
    fn create(&self, tenant: TenantId) -> Reply<'_, ()> {
        self.inner.create(tenant)
    }

    fn tenants(&self) -> Reply<'_, Vec<TenantId>> {
        self.inner.tenants()
    }

    fn read<'a>(&'a self, tenant: TenantId, space: Space, key: &'a [u8]) -> Reply<'a, Option<Row>> {
        self.inner.read(tenant, space, key)
    }

    fn scan(&self, tenant: TenantId, space: Space, span: Span) -> Reply<'_, Vec<(Vec<u8>, Row)>> {
        Box::pin(async move {
            let shown = span.limit != GATHERED_AT_A_TIME;
            let mut rows = self.inner.scan(tenant, space, span).await?;
            if let (Space::Log, true, Some(mark)) = (space, shown, self.forge) {
                for (_, row) in rows.iter_mut().filter(|(_, row)| holds(&row.value, mark)) {
                    let last = row.value.len() - 3;
                    row.value[last] ^= 1;
                }
            }
            Ok(rows)
        })
    }

    fn log_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        self.inner.log_len(tenant)
    }

    fn change_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        self.inner.change_len(tenant)
    }

    fn commit(&self, tenant: TenantId, mut batch: Batch) -> CommitReply<'_> {
        if let Some(mark) = self.forget {
            batch.log.retain(|entry| !holds(entry, mark));
        }
        self.inner.commit(tenant, batch)
    }

    fn shut(&self) -> Reply<'_, ()> {
        self.inner.shut()
    }
}

fn holds(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

async fn crooked(forget: Option<&'static [u8]>, forge: Option<&'static [u8]>) -> OpenHouse {
    let dir = tempfile::tempdir().unwrap();
    let inner = open_rows(dir.path()).unwrap();
    let engine = Arc::new(Crooked { inner, forget, forge });
    let house = candor::house::House::over_engine(plan(dir.path()), engine).await.unwrap();
    OpenHouse::furnish(house, dir).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_that_forgets_the_evidence_of_reading_is_found_out() {
    assert_fails(crooked(Some(br#""action":"read","kind":"practice.patient""#), None).await, "audit-complete").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_that_forgets_refused_attempts_is_found_out() {
    assert_fails(crooked(Some(br#""outcome":"refused""#), None).await, "audit-complete").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_that_shows_a_changed_log_is_found_out() {
    assert_fails(crooked(None, Some(br#""action":"create""#)).await, "audit-chain").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_a_second_factor_is_found() {
    let house = OpenHouse::new().await;
    let inside = &house.open.house;
    let tenant = inside.vault.tenants().await.unwrap()[0];
    let new = NewAccount {
        email: identity::rules::email::EmailAddress::parse("nobody@brightwater.example").unwrap(),
        name: "Nobody".into(),
        password: Secret::new(&b"copper lantern tuesday"[..]),
        roles: vec![HeldRole::always("receptionist")],
        factor: None,
    };
    inside.identity.create_account(tenant, new, Machine.request_id(), Machine.now()).await.unwrap();
    assert_fails(house, "second-factor").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_kept_more_weakly_than_the_policy_is_found() {
    let house = OpenHouse::new().await;
    let inside = &house.open.house;
    let (tenant, id, account) = somebody(&house).await;
    // A verifier as another program might have left it: half the memory.
    let weak = Account { verifier: account.verifier.map(|verifier| verifier.replace("m=19456", "m=9728")), ..account };
    let door = inside.identity.duty("duty.door", tenant, Machine.request_id(), Machine.now());
    inside.vault.commit(&door, Changes::new().revise(id, &weak, Expected::Any).unwrap()).await.unwrap();
    assert_fails(house, "passwords").await;
}

/// Somebody who has an account in the house.
async fn somebody(house: &OpenHouse) -> (TenantId, RecordId, Account) {
    let inside = &house.open.house;
    for tenant in inside.vault.tenants().await.unwrap() {
        let count = inside.identity.duty("duty.count", tenant, Machine.request_id(), Machine.now());
        let found = inside.vault.search(&count, &vault::Query::all(Account::DECL)).await.unwrap();
        if let Some(opened) = found.page.first() {
            return (tenant, opened.id, opened.record().unwrap());
        }
    }
    panic!("nobody has an account");
}

/// A doorkeeper that remembers for good whom it has once let in.
struct Forgetless {
    inner: Arc<identity::Identity>,
    known: std::sync::Mutex<Vec<(String, Guest)>>,
}

impl Doorkeeper for Forgetless {
    fn recognise<'a>(&'a self, knock: &'a Knock) -> BoxFuture<'a, Answer<Option<Guest>>> {
        Box::pin(async move {
            let Some(cookie) = knock.session.as_ref().map(|cookie| cookie.reveal().to_owned()) else {
                return self.inner.recognise(knock).await;
            };
            let known = self.known.lock().unwrap().iter().find(|(token, _)| *token == cookie).cloned();
            if let Some((_, guest)) = known {
                let ctx = Ctx { request: knock.request, now: knock.now, ..guest.ctx };
                return Ok(Some(Guest { ctx, account: guest.account }));
            }
            let guest = self.inner.recognise(knock).await?;
            self.known.lock().unwrap().extend(guest.clone().map(|guest| (cookie, guest)));
            Ok(guest)
        })
    }

    fn permits(&self, ctx: &Ctx, permission: &'static str) -> bool {
        self.inner.permits(ctx, permission)
    }

    fn denied<'a>(
        &'a self,
        knock: &'a Knock,
        decl: &'a RouteDecl,
        ctx: Option<&'a Ctx>,
    ) -> BoxFuture<'a, Answer<Refusal>> {
        self.inner.denied(knock, decl, ctx)
    }

    fn refused<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Answer<()>> {
        self.inner.refused(ctx)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_whose_sessions_outlive_signing_out_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let house = candor::house::House::open(plan(dir.path())).await.unwrap();
    let doorkeeper = Forgetless { inner: house.identity.clone(), known: std::sync::Mutex::default() };
    assert_fails(OpenHouse::furnish_under(house, dir, Arc::new(doorkeeper)).await, "sessions").await;
}

#[test]
fn a_verdict_is_never_green_by_default() {
    let long_ago = Time::from_seconds(0);
    assert!(bundle::verify(b"", long_ago, None).is_err());
    assert!(!Verdict::EvidenceMissing.is_well());
    assert!(!Verdict::Stale.is_well());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_house_whose_rules_are_off_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = candor::house::House::open(plan(dir.path())).await.unwrap();
    let none = "SecAction \"id:1,phase:1,pass,nolog\"";
    house.rules = Some(shield::Inspector::from_text("none.conf", none, shield::Settings::default()).unwrap());
    assert_fails(OpenHouse::furnish(house, dir).await, "injection-attacks").await;
}
