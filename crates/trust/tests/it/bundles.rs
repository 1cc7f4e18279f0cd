//! What a stranger can check offline.

use crate::fake::{Broken, Fake};
use crate::fake_scratch::FakeScratch;
use crate::setting::Clock;
use ledger::VerifyingKey;
use ledger::files::Directory;
use model::{Outside, Time};
use std::path::PathBuf;
use std::sync::Arc;
use trust::Verdict;
use trust::bundle::{command, verify};
use trust::runner::{Config, Mode, Outcome, Runner};

/// A house with a runner that ran every probe once.
pub struct Proved {
    pub dir: tempfile::TempDir,
    pub clock: Arc<Clock>,
    pub outcome: Outcome,
}

pub fn config(dir: &std::path::Path, clock: &Arc<Clock>, broken: Broken) -> Config {
    Config {
        data: dir.join("data"),
        temp: dir.join("temp"),
        also: Vec::new(),
        build_sha256: "ab".repeat(32),
        outside: clock.clone(),
        scratch: Arc::new(FakeScratch::new(clock.clone(), broken)),
        mode: Mode::Once,
    }
}

/// The way to a house that others hold, too.
pub struct Shared(pub Arc<Fake>);

impl trust::house::Wire for Shared {
    fn call(&self, call: trust::house::Call) -> trust::house::Replying<'_> {
        self.0.call(call)
    }

    fn socket(&self) -> Result<std::net::SocketAddr, trust::Trouble> {
        self.0.socket()
    }
}

pub async fn prove(broken: Broken) -> Proved {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("data")).unwrap();
    let clock = Clock::new();
    let config = config(dir.path(), &clock, broken);
    let house = Arc::new(Fake::new(clock.clone(), config.data.clone(), broken));
    let listening = crate::pages::listen(&dir.path().join("data/trust"), clock.clone()).await;
    *house.tls.lock().unwrap() = Some(listening.address);
    let known = house.credentials();
    let mut runner = Runner::open(&config, known, Box::new(Shared(house))).unwrap();
    let outcome = runner.once(trust::claims::ALL).await.unwrap();
    Proved { dir, clock, outcome }
}

impl Proved {
    pub fn published(&self) -> PathBuf {
        self.dir.path().join("data/trust")
    }

    pub fn bundle(&self) -> Vec<u8> {
        std::fs::read(self.published().join("bundle")).unwrap()
    }

    fn log_key(&self) -> String {
        let keys = std::fs::read_to_string(self.published().join("keys.json")).unwrap();
        let keys: serde_json::Value = serde_json::from_str(&keys).unwrap();
        keys["log"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_sound_house_is_proved_in_every_claim_and_a_stranger_can_check_it() {
    let proved = prove(Broken::Nothing).await;
    for (claim, verdict, reason) in &proved.outcome.verdicts {
        assert_eq!(*verdict, Verdict::Proved, "{claim}: {reason}");
    }
    assert_eq!(proved.outcome.exit_code(), 0);

    let (bundle, now, key) = (proved.bundle(), proved.clock.now(), proved.log_key());
    let report = verify(&bundle, now, Some(&key)).unwrap();
    assert!(report.holds(), "{report}");
    assert_eq!(report.log_size, trust::claims::ALL.len() as u64);
    assert_eq!(report.continues, Some(1));
    assert!(verify(&bundle, now, None).unwrap().holds());
    let mut said = Vec::new();
    assert_eq!(command(&bundle, now, Some(&key), &mut said).unwrap(), 0);
    assert!(String::from_utf8(said).unwrap().contains(&format!("All {} claims hold.", trust::claims::ALL.len())));

    // The log itself, by the ledger's own auditor.
    let key = VerifyingKey::from_text(&key).unwrap();
    let log = Directory::new(proved.published().join("log"));
    let audited = ledger::audit::files(&log, "candor/fake-house/log", &[key], &[]).unwrap();
    assert_eq!(audited.checkpoint.size, report.log_size);

    each_changed_byte_is_noticed(&bundle, now);
    what_is_overdue_is_stale(&bundle, now);
    the_changed_part_is_named(&proved, now);
}

fn each_changed_byte_is_noticed(bundle: &[u8], now: Time) {
    for at in (0..bundle.len()).step_by(97).chain(bundle.len() - 130..bundle.len()) {
        for change in [1u8, 0x20] {
            let mut changed = bundle.to_vec();
            changed[at] ^= change;
            assert!(verify(&changed, now, None).is_err(), "byte {at} changed by {change} goes unnoticed");
        }
    }
    for cut in [0, 1, bundle.len() / 2, bundle.len() - 1] {
        assert!(verify(&bundle[..cut], now, None).is_err(), "cut at {cut}");
    }
    let mut longer = bundle.to_vec();
    longer.push(b'\n');
    assert!(verify(&longer, now, None).is_err());
}

fn what_is_overdue_is_stale(bundle: &[u8], now: Time) {
    let later = now.plus_seconds(7 * 24 * 3600);
    let report = verify(bundle, later, None).unwrap();
    assert!(report.claims.iter().all(|claim| claim.verdict == Verdict::Stale));
    let mut said = Vec::new();
    assert_eq!(command(bundle, later, None, &mut said).unwrap(), 1);
    let earlier = verify(bundle, now.plus_seconds(-24 * 3600), None).unwrap_err();
    assert!(earlier.to_string().contains("still to come"), "{earlier}");
}

fn the_changed_part_is_named(proved: &Proved, now: Time) {
    let text = String::from_utf8(proved.bundle()).unwrap();
    let all = trust::claims::ALL.len();
    let (head, longer) = [all, all + 1].map(|size| format!("candor/fake-house/log\\n{size}\\n")).into();
    for (part, changed, words) in [
        ("Every person signs in", "Every parson signs in", "The words of the claim second-factor"),
        (r#"\"claim\":\"tls\""#, r#"\"claim\":\"tlz\""#, "The result of the claim tls is not what was signed"),
        (r#""proof": "canary""#, r#""proof": "kanary""#, "stands outside them"),
        (&*head, &*longer, "The signed head of the log"),
        ("candor/fake-house/log\\n1\\n", "candor/fake-house/log\\n2\\n", "The earlier head of the log"),
    ] {
        assert!(text.contains(part), "{part}");
        let broken = verify(text.replacen(part, changed, 1).as_bytes(), now, None).unwrap_err();
        assert!(broken.to_string().contains(words), "{part}: {broken}");
    }
    let other = ledger::SigningKey::from_seed("candor/fake-house/log", &[9; 32]).unwrap();
    let broken = verify(text.as_bytes(), now, Some(&other.verifying_key().to_text())).unwrap_err();
    assert!(broken.to_string().contains("another key than the one you gave"), "{broken}");
    // Somebody who signs the bundle anew with a key of their own, and says so in it, has broken the signed head.
    let inner = &text[..=text.rfind("\n\n").unwrap()];
    let forged = inner.replace(&proved.log_key(), &other.verifying_key().to_text());
    let broken = verify(other.sign(&forged).unwrap().as_bytes(), now, None).unwrap_err();
    assert!(broken.to_string().contains("signed head"), "{broken}");
}

#[tokio::test]
async fn a_failure_is_published_and_the_bundle_says_so() {
    let proved = prove(Broken::AWeakVerifier).await;
    let failed: Vec<_> = proved.outcome.verdicts.iter().filter(|(_, verdict, _)| *verdict != Verdict::Proved).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0].0, "passwords");
    assert_eq!(proved.outcome.exit_code(), 1);
    let mut said = Vec::new();
    assert_eq!(command(&proved.bundle(), proved.clock.now(), None, &mut said).unwrap(), 1);
    let said = String::from_utf8(said).unwrap();
    let all = trust::claims::ALL.len();
    assert!(said.contains("failed") && said.contains(&format!("{} of {all} claims hold.", all - 1)), "{said}");
}

#[tokio::test]
async fn a_changed_bundle_or_a_boasting_page_is_noticed_by_the_next_check() {
    for (broken, words) in
        [(Broken::BundleIsChanged, "does not verify"), (Broken::PageSaysBetter, "the page says proved and the bundle")]
    {
        let proved = prove(broken).await;
        let last = proved.outcome.verdicts.last().unwrap();
        assert_eq!((last.0, last.1), ("this-page", Verdict::Failed), "{broken:?}: {}", last.2);
        assert!(last.2.contains(words), "{broken:?}: {}", last.2);
    }
}

#[tokio::test]
async fn a_runner_that_comes_back_continues_its_log() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("data")).unwrap();
    let clock = Clock::new();
    let house = Arc::new(Fake::new(clock.clone(), dir.path().join("data"), Broken::Nothing));
    let one = &trust::claims::ALL[2..3];
    for round in 1..=3u64 {
        let config = config(dir.path(), &clock, Broken::Nothing);
        let mut runner = Runner::open(&config, house.credentials(), Box::new(Shared(house.clone()))).unwrap();
        runner.once(one).await.unwrap();
        let bundle = std::fs::read(dir.path().join("data/trust/bundle")).unwrap();
        assert_eq!(verify(&bundle, clock.now(), None).unwrap().log_size, round);
    }
    use std::os::unix::fs::PermissionsExt as _;
    for key in ["log.key", "results.key"] {
        let mode = std::fs::metadata(dir.path().join("data/runner").join(key)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
}
