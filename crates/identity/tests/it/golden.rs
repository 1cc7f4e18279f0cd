//! One golden record for every shape of every kind: they decode for ever.

mod rights;

use std::path::Path;

use identity::rules::jwk::{Material, PublicKey};
use identity::rules::network::Network;
use identity::rules::quota::{Tokens, month_at, zone};
use identity::*;
use model::golden::{Broken, check};
use model::{Kind, RecordId, SubjectId, TenantId, Time};

const VERIFIER: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn one<K: Kind>(dir: &Path, sample: &K) -> (&'static str, Result<(), Broken>) {
    (K::DECL.name, check(dir, sample))
}

fn tokens(now: Time) -> Tokens {
    let (month, _) = month_at(now, &zone("UTC").unwrap()).unwrap();
    let [done, under_way] = [1, 2].map(|n| RecordId::from_bytes([n; 16]));
    let tokens = Tokens::default().reserve(done, 60, 100, &month, now).unwrap().commit(done, 50, &month);
    tokens.reserve(under_way, 20, 100, &month, now).unwrap()
}

/// A kind's name and whether its golden records hold.
fn sweep(dir: &Path) -> Vec<(&'static str, Result<(), Broken>)> {
    let (account, tenant) = (SubjectId::from_bytes([5; 16]), TenantId::from_bytes([6; 16]));
    let at = |seconds: i64| Time::from_seconds(1_795_000_000 + seconds);
    let roles = vec![
        HeldRole::always("administrator"),
        HeldRole { role: "auditor".into(), from: Some(at(0)), until: Some(at(86_400)), about: None },
    ];
    let mut all = vec![
        one(
            dir,
            &AccessToken {
                program: RecordId::from_bytes([7; 16]),
                permissions: vec!["patient.read".into()],
                ends: at(300),
            },
        ),
        one(
            dir,
            &Program {
                name: "Recall letters".into(),
                owner: account,
                permissions: vec!["patient.read".into()],
                networks: vec![Network::parse("192.0.2.0/24").unwrap()],
                keys: vec![
                    PublicKey { name: "one".into(), key: Material::Rsa { n: "n".into(), e: "AQAB".into() } },
                    PublicKey { name: "two".into(), key: Material::P384 { x: "x".into(), y: "y".into() } },
                ],
                ends: at(86_400),
            },
        ),
        one(dir, &UsedAssertion { ends: at(600) }),
        one(
            dir,
            &AccessRequest {
                person: account,
                email: "ada@example.org".into(),
                name: "Ada Mensah".into(),
                role: "receptionist".into(),
                way: Way::Invitation { by: account },
                verifier: Some(
                    "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
                        .into(),
                ),
                since: at(0),
                answer_by: at(1_209_600),
                decision: Some(Decision {
                    outcome: Outcome::Accepted,
                    by: Some(account),
                    at: at(60),
                    reason: "We know her.".into(),
                }),
            },
        ),
        one(
            dir,
            &Account {
                email: "ada@example.org".into(),
                name: "Ada Mensah".into(),
                roles: roles.clone(),
                verifier: Some(VERIFIER.into()),
                password_since: at(0),
                former: vec![VERIFIER.into()],
                factors: vec![
                    Factor::Totp(Totp::enrolled("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".into(), at(0))),
                    Factor::Passkey(Passkey {
                        name: "Laptop".into(),
                        id: "AAECAwQFBgcICQoLDA0ODw".into(),
                        key: "pQECAyYgASFYIA".into(),
                        count: 7,
                        since: at(0),
                        used: Some(at(60)),
                    }),
                ],
                recovery: vec![RecoveryCode { digest: "00ff".into(), used: Some(at(60)) }],
                era: 3,
                from: Some(at(0)),
                until: Some(at(86_400)),
                barred: Some(Barred { at: at(60), by: account, reason: "left the practice".into() }),
            },
        ),
        one(
            dir,
            &ApiKey {
                name: "a program".into(),
                hint: "0aZ9k3".into(),
                owner: account,
                bound: Bound::Owner,
                roles,
                permissions: vec!["key.read".into()],
                networks: vec![Network::parse("192.0.2.0/24").unwrap(), Network::parse("2001:db8::7").unwrap()],
                ends: at(86_400),
                successor: Some(RecordId::from_bytes([7; 16])),
            },
        ),
        one(dir, &Device { account, since: at(0), wrong: 1, wrong_at: Some(at(30)), ends: at(86_400) }),
        one(
            dir,
            &Invitation {
                person: account,
                email: "ada@example.org".into(),
                role: "receptionist".into(),
                by: account,
                since: at(0),
                until: at(604_800),
            },
        ),
        one(
            dir,
            &KeptLetter {
                addressee: account,
                to: "ada@example.org".into(),
                about: "activation".into(),
                subject: "Your code".into(),
                text: "1234 5678".into(),
                html: "<p>1234 5678</p>".into(),
                ends: at(86_400),
            },
        ),
        one(dir, &KeyUse { key: RecordId::from_bytes([7; 16]), last: at(3600), from: Some("192.0.2.7".into()) }),
        one(dir, &LetterBudget { letters: 3, ends: at(3600) }),
        one(dir, &Organisation { name: "Brightwater Dental".into(), synthetic: true, policy: Policy::USUAL }),
        one(dir, &Quota { account, tokens: tokens(at(0)) }),
        one(dir, &QuotaRule { tokens: 250_000, zone: "Europe/London".into() }),
        one(dir, &Reset { account, ends: at(1800) }),
        one(
            dir,
            &Session {
                account,
                since: at(0),
                seen: at(60),
                idle_seconds_max: 1800,
                ends: at(43_200),
                factors: vec!["pwd".into(), "otp".into()],
                stepped: Some(at(120)),
                era: 3,
                agent: "Mozilla/5.0 (X11; Linux x86_64)".into(),
            },
        ),
        one(dir, &SignInName { tenant, account }),
        one(dir, &SignInState { account, wrong: 2, wrong_at: Some(at(30)), code_step: 59_833_333 }),
        one(
            dir,
            &SignUp {
                person: account,
                email: "ada@example.org".into(),
                name: "Ada Mensah".into(),
                asked: Some("receptionist".into()),
                code: MailedCode {
                    digest: Some(RecordId::from_bytes([8; 16])),
                    ends: at(900),
                    wrong: 1,
                    sends: 2,
                    sent: at(0),
                },
                proven: Some(at(60)),
                ends: at(3600),
            },
        ),
        one(dir, &SignUpPlace { tenant }),
        one(
            dir,
            &SignUpPolicy {
                mode: SignUpMode::VerifiedDomain,
                place: "brightwater".into(),
                domains: vec!["brightwater.example".into()],
                offered: vec!["receptionist".into()],
            },
        ),
        one(dir, &SpentChallenge { ends: at(1200) }),
        one(
            dir,
            &Ticket {
                account,
                wrong: 1,
                enrolling: Some("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".into()),
                shown: vec!["pwd".into()],
                ends: at(600),
            },
        ),
    ];
    all.extend(rights::sweep(dir));
    all.sort_by_key(|(name, _)| *name);
    all
}

#[test]
fn every_kind_has_its_golden_records_and_reads_them() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let swept = sweep(&dir);
    let names: Vec<_> = swept.iter().map(|(name, _)| *name).collect();
    let mut declared: Vec<_> = identity::KINDS.iter().map(|kind| kind.name).collect();
    declared.sort_unstable();
    assert_eq!(names, declared, "the sweep runs over all of them");
    let broken: Vec<String> =
        swept.into_iter().filter_map(|(_, held)| held.err()).map(|broken| broken.to_string()).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_missing_golden_record_is_noticed() {
    let empty = tempfile::tempdir().unwrap();
    assert!(sweep(empty.path()).iter().all(|(_, held)| matches!(held, Err(Broken::Missing { .. }))));
}
