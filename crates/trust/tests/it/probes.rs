//! Each probe finds a sound house sound, and sees its control broken.

use crate::fake::Broken;
use crate::setting::Setting;
use trust::Verdict;

/// The house with this control broken gets this verdict for the claim, with these words in the reason.
async fn check(claim: &str, broken: Broken, verdict: Verdict, words: &str) {
    let setting = Setting::new(broken);
    let (found, reason) = setting.verdict(claim).await;
    assert_eq!(found, verdict, "{claim} with {broken:?}: {reason}");
    assert!(reason.contains(words), "{claim} with {broken:?}: {reason}");
}

async fn holds(claim: &str, words: &str) {
    check(claim, Broken::Nothing, Verdict::Proved, words).await;
}

async fn fails(claim: &str, broken: Broken, words: &str) {
    check(claim, broken, Verdict::Failed, words).await;
}

#[tokio::test]
async fn what_is_entered_is_not_readable_on_the_disk() {
    holds("at-rest", "no readable trace").await;
    fails("at-rest", Broken::StoresInTheClear, "readable form (plain)").await;
    fails("at-rest", Broken::LogsWhatIsTyped, "data/access-").await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_not_passed_over() {
    let setting = Setting::new(Broken::Nothing);
    // A directory that is nested beyond any use stands for what cannot be looked through.
    let mut deep = setting.data();
    for _ in 0..20 {
        deep.push("deeper");
    }
    std::fs::create_dir_all(&deep).unwrap();
    let (verdict, reason) = setting.verdict("at-rest").await;
    assert_eq!(verdict, Verdict::EvidenceMissing, "{reason}");
}

#[tokio::test]
async fn moved_bytes_do_not_open() {
    holds("moved-ciphertext", "5 moved records read back, 5 refused").await;
    fails("moved-ciphertext", Broken::OpensMovedBytes, "moved to another record").await;
    fails("moved-ciphertext", Broken::OpensEarlierVersions, "its present version's place").await;
}

#[tokio::test]
async fn each_act_leaves_its_entry() {
    holds("audit-complete", "matching entries").await;
    fails("audit-complete", Broken::ForgetsToRecordReads, "to read left 0 entries, not 1").await;
    fails("audit-complete", Broken::RecordsWritesTwice, "to change left 2 entries, not 1").await;
    fails("audit-complete", Broken::DoesNotRecordRefusals, "left 0 entries, not 1").await;
}

#[tokio::test]
async fn the_audit_log_is_whole() {
    let with_acts = async |broken| {
        let setting = Setting::new(Broken::Nothing);
        setting.verdict("audit-complete").await;
        assert_eq!(setting.verdict("audit-chain").await.0, Verdict::Proved);
        // The house is broken after the first check, as an intruder would do it.
        {
            let mut inner = setting.house.locked();
            let first = &mut inner.tenants[0].log;
            match broken {
                Broken::RewritesItsLog => first[1] = first[1].replace("done", "gone"),
                _ => first.truncate(5),
            }
        }
        setting.verdict("audit-chain").await
    };
    let (verdict, reason) = with_acts(Broken::RewritesItsLog).await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("rewritten"), "{reason}");
    let (verdict, reason) = with_acts(Broken::ShortensItsLog).await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("shortened"), "{reason}");
}

#[tokio::test]
async fn an_entry_that_does_not_say_why_is_a_fault() {
    let setting = Setting::new(Broken::LeavesFieldsOut);
    setting.verdict("audit-complete").await;
    let (verdict, reason) = setting.verdict("audit-chain").await;
    assert_eq!(verdict, Verdict::Failed);
    assert!(reason.contains("does not say its purpose"), "{reason}");
}

#[tokio::test]
async fn other_organisations_get_nothing() {
    holds("other-organisation", "each refused").await;
    fails("other-organisation", Broken::ServesOtherTenants, "holds what is in the record").await;
    fails("other-organisation", Broken::FindsOtherTenants, "holds what is in the record").await;
    fails("other-organisation", Broken::LetsOthersWrite, "not as its owner left it").await;
    fails("other-organisation", Broken::PageShowsOthers, "GET /patients/{id}").await;
}

#[tokio::test]
async fn nobody_comes_in_without_a_credential() {
    holds("no-credentials", "each turned away").await;
    fails("no-credentials", Broken::HasAnOpenRoute, "GET /open let in nobody").await;
    fails("no-credentials", Broken::ComparesTokensLoosely, "one bit flipped").await;
    fails("no-credentials", Broken::TakesUnsignedTokens, "an unsigned token").await;
}

#[tokio::test]
async fn a_password_alone_opens_nothing() {
    holds("second-factor", "2 of 2 accounts").await;
    fails("second-factor", Broken::PasswordIsEnough, "password alone").await;
    fails("second-factor", Broken::TicketIsASession, "opened with a password alone").await;
    fails("second-factor", Broken::AnAccountHasNoFactor, "Of 2 accounts only 1").await;
}

#[tokio::test]
async fn passwords_are_only_hashes() {
    holds("passwords", "2 passwords at the policy").await;
    fails("passwords", Broken::KeepsPasswords, "A password stands in readable form").await;
    fails("passwords", Broken::AWeakVerifier, "only 1 are at the policy").await;
    fails("passwords", Broken::SharedSalt, "only 1 different salts").await;
}

#[tokio::test]
async fn sessions_end() {
    holds("sessions", "replays of ended sessions").await;
    fails("sessions", Broken::SignOutKeepsTheSession, "After signing out").await;
    fails("sessions", Broken::SessionsNeverEnd, "idle still opened").await;
    fails("sessions", Broken::CookieWithoutHttpOnly, "not HttpOnly").await;
}

#[tokio::test]
async fn a_study_takes_in_no_patient() {
    holds("no-subject-data", "3 attempts, each refused").await;
    fails("no-subject-data", Broken::TakesPatientsInForms, "taken in by a form").await;
    fails("no-subject-data", Broken::TakesPatientsInFiles, "taken in by a study file").await;
}

#[tokio::test]
async fn keys_are_bounded_and_over_when_they_are_revoked() {
    holds("keys", "4 orders refused, 1 key made").await;
    fails("keys", Broken::ShowsKeysAgain, "shows the key once more").await;
    fails("keys", Broken::KeepsKeys, "The key stands in").await;
    fails("keys", Broken::KeysNeedNoEnd, "A key without an end was made").await;
    fails("keys", Broken::KeysExceedTheirMaker, "its maker does not hold").await;
    fails("keys", Broken::RevokedKeysWork, "A revoked key was still answered").await;
}

#[tokio::test]
async fn who_lacks_a_permission_is_refused() {
    holds("roles", "58 permissions, each asked for").await;
    fails("roles", Broken::OpensToEveryRole, "GET /people opened to administrator, who lacks account.read").await;
    fails("roles", Broken::APermissionIsForShow, "Nothing asks for thing7.make").await;
    fails("roles", Broken::TheDeveloperMay, "holds 1 permissions").await;
    fails("roles", Broken::ADeveloperHoldsMore, "hold another role").await;
}

#[tokio::test]
async fn emergencies_are_counted_and_looked_at() {
    holds("emergencies", "2 emergencies so far").await;
    fails("emergencies", Broken::NobodyLooksAtEmergencies, "looked at by nobody else").await;
    fails("emergencies", Broken::OneDoesWhatTakesTwo, "done by one").await;
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    holds("headers", "answers from").await;
    fails("headers", Broken::ErrorsWithoutHeaders, "Strict-Transport-Security is missing").await;
    fails("headers", Broken::PolicyAllowsInline, "does not keep foreign scripts out").await;
    fails("headers", Broken::PagesMayBeStored, "it may be stored").await;
}

#[tokio::test]
async fn other_websites_read_and_do_nothing() {
    holds("origins", "questions from other websites").await;
    fails("origins", Broken::RepeatsOrigins, "that website may read it").await;
    fails("origins", Broken::GrantsPreflights, "everybody may read it").await;
    fails("origins", Broken::TakesForeignForms, "was not refused to a page of").await;
}

#[tokio::test]
async fn each_layer_stops_what_it_is_there_for() {
    holds("layers", "7 layers tried").await;
    fails("layers", Broken::UnpacksBodies, "limits: compression").await;
    fails("layers", Broken::LetsAttacksPass, "request firewall").await;
    fails("layers", Broken::TakesForeignForms, "where it comes from").await;
    fails("layers", Broken::ServesOtherTenants, "which organisation").await;
    fails("layers", Broken::TakesAnyForm, "the form of what is sent").await;
}

#[tokio::test]
async fn a_house_that_does_not_answer_is_no_proof() {
    let setting = Setting::new(Broken::Nothing);
    // The made-up house has no socket and no bundle.
    assert_eq!(setting.verdict("tls").await.0, Verdict::EvidenceMissing);
}

/// A house that takes any greeting as it comes, and answers without encryption, too.
async fn careless() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0u8; 2048];
            let read = stream.read(&mut hello).await.unwrap();
            let mut answer = b"HTTP/1.1 200 OK\r\n\r\neverything".to_vec();
            if hello[0] == 22 && read > 47 {
                answer =
                    [&[22, 3, 1, 0, 42, 2, 0, 0, 38], &hello[9..11], &[7; 32], &[0], &hello[46..48], &[0]].concat();
            }
            stream.write_all(&answer).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn old_versions_and_weak_ciphers_are_refused() {
    let setting = Setting::new(Broken::Nothing);
    let listening = crate::pages::listen(&setting.data(), setting.clock.clone()).await;
    *setting.house.tls.lock().unwrap() = Some(listening.address);
    let (verdict, reason) = setting.verdict("tls").await;
    assert_eq!(verdict, Verdict::Proved, "{reason}");

    *setting.house.tls.lock().unwrap() = Some(careless().await);
    let finding = setting.run("tls").await.unwrap();
    for words in
        ["SSL 3.0 was not", "TLS 1.0 was not", "RC4 was not", "no encryption at all was not", "answered with content"]
    {
        assert!(finding.failures.iter().any(|failure| failure.contains(words)), "{words}: {:#?}", finding.failures);
    }
}

#[tokio::test]
async fn attacks_are_blocked_written_down_and_told_from_ordinary_words() {
    holds("injection-attacks", "ordinary values let pass").await;
    fails("injection-attacks", Broken::LetsAttacksPass, "attacks were blocked").await;
    fails("injection-attacks", Broken::RepeatsWhatItRefuses, "repeats an attack").await;
    fails("injection-attacks", Broken::ForgetsAttacks, "left 0 entries").await;
    fails("injection-attacks", Broken::RefusesOrdinaryWords, "refused an ordinary value").await;
}

#[tokio::test]
async fn people_come_in_as_the_page_says() {
    holds("sign-up", "was refused before approval").await;
    fails("sign-up", Broken::SaysAnotherWayIn, "does not say what its policy is").await;
    fails("sign-up", Broken::LetsInBeforeApproval, "somebody got in before it").await;
    fails("sign-up", Broken::NewcomersGetMore, "holds 2 roles").await;
}

#[tokio::test]
async fn mailed_codes_are_good_once_and_for_five_tries() {
    holds("mailed-codes", "14 codes refused").await;
    fails("mailed-codes", Broken::CodesAreNeverVoid, "the right one was still accepted").await;
    fails("mailed-codes", Broken::CodesAreGoodTwice, "accepted twice").await;
}

#[tokio::test]
async fn robots_are_asked_for_work() {
    holds("bot-challenge", "10 bad answers refused").await;
    fails("bot-challenge", Broken::TakesAnyChallenge, "went on with no answer").await;
    fails("bot-challenge", Broken::ChallengesAreGoodTwice, "with a used answer").await;
}

#[tokio::test]
async fn links_for_a_new_password_are_good_once_and_tell_nothing() {
    holds("reset", "2 bad links refused").await;
    fails("reset", Broken::ResetTellsWhoIsKnown, "tells whether an address has an account").await;
    fails("reset", Broken::LinksAreGoodTwice, "taken twice").await;
    fails("reset", Broken::ResetKeepsSessions, "a session from before still opened").await;
}
