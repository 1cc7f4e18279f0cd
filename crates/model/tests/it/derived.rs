use model::{
    Bucket, DecodeError, Form, History, Kind, Purpose, Retention, Search, Sensitivity, SubjectId, SubjectRule,
};

use crate::samples::{Account, Invitation, account, invitation};

#[test]
fn the_declaration_is_what_was_written() {
    let decl = Account::DECL;
    assert_eq!((decl.name, decl.version, decl.words), ("identity.account", 3, "A person who may sign in."));
    assert_eq!((decl.form, decl.subject), (Form::Record, SubjectRule::Itself));
    assert_eq!(
        (decl.purpose, decl.retention, decl.history),
        (Purpose::Security, Retention::Account, History::EveryVersion)
    );
    let acts = decl.acts;
    assert_eq!(
        [acts.read, acts.create, acts.revise, acts.retire],
        ["account.read", "account.create", "account.update", "account.retire"]
    );
    let fields: Vec<_> = decl.fields.iter().map(|f| (f.name, f.sensitivity, f.search, f.unique, f.refers)).collect();
    assert_eq!(
        fields,
        [
            ("email", Sensitivity::Identifying, Search::Exact, true, None),
            ("name", Sensitivity::Identifying, Search::Words, false, None),
            ("born", Sensitivity::Identifying, Search::Bucket(Bucket::Day), false, None),
            ("opened", Sensitivity::Internal, Search::Ordered, false, None),
            ("practitioner", Sensitivity::Identifying, Search::Exact, false, Some("practice.practitioner")),
            ("roles", Sensitivity::Internal, Search::Exact, false, None),
            ("verifier", Sensitivity::Secret, Search::Never, false, None),
        ]
    );
}

#[test]
fn every_searchable_value_becomes_a_term_and_no_other() {
    let terms: Vec<_> = account().terms().into_iter().map(|term| (term.field, term.value)).collect();
    let expected = [
        ("email", "ada@example.org"),
        ("name", "Ada Byron"),
        ("born", "1815-12-10"),
        ("opened", "2025-11-21T20:59:34.000000Z"),
        ("practitioner", "07070707-0707-0707-0707-070707070707"),
        ("roles", "dentist"),
        ("roles", "owner"),
    ];
    assert_eq!(terms, expected.map(|(field, value)| (field, value.to_owned())));
}

#[test]
fn an_absent_value_has_no_term() {
    let absent = Account { practitioner: None, roles: Vec::new(), born: "unknown".into(), ..account() };
    let fields: Vec<_> = absent.terms().into_iter().map(|term| term.field).collect();
    assert_eq!(fields, ["email", "name", "opened"]);
}

#[test]
fn the_subject_is_the_named_field_or_the_record_itself() {
    assert_eq!(Invitation::DECL.subject, SubjectRule::Field("for"));
    assert_eq!(invitation().subject(), Some(SubjectId::from_bytes([9; 16])));
    assert_eq!(account().subject(), None);
}

#[test]
fn only_an_ephemeral_record_ends_by_itself() {
    assert_eq!(invitation().ends(), Some(invitation().expires));
    assert_eq!(account().ends(), None);
}

#[test]
fn a_number_in_order_is_as_wide_as_any_other() {
    let term = invitation().terms().into_iter().next().map(|term| (term.field, term.value));
    assert_eq!(term, Some(("uses_left", "00000000000000000001".to_owned())));
}

#[test]
fn the_body_is_plain_json_under_the_declared_names() {
    let body = invitation().encode().unwrap();
    let expected = r#"{"for":"09090909-0909-0909-0909-090909090909","expires":60000000,"uses_left":1}"#;
    assert_eq!(std::str::from_utf8(&body).unwrap(), expected);
    assert_eq!(Invitation::decode(1, &body), Ok(invitation()));
}

#[test]
fn an_old_shape_climbs_every_step_to_the_present() {
    let old = br#"{"email":"a@b.org","given":"Ada","family":"Byron","birth_year":1815,"opened":5,"verifier":"v"}"#;
    let read = Account::decode(1, old).unwrap();
    assert_eq!((read.name.as_str(), read.born.as_str(), read.roles.len()), ("Ada Byron", "1815", 0));

    let newer = br#"{"email":"a@b.org","name":"Ada Byron","birth_year":1815,"opened":5,"verifier":"v"}"#;
    assert_eq!(Account::decode(2, newer), Ok(read));
}

#[test]
fn a_body_is_not_read_as_another_shape() {
    let present = account().encode().unwrap();
    for version in [1, 2] {
        assert!(Account::decode(version, &present).is_err(), "shape {version}");
    }
}

#[test]
fn a_shape_that_never_was_is_refused() {
    let body = account().encode().unwrap();
    check(Account::decode(0, &body), 0, "shapes count from 1");
    check(Account::decode(4, &body), 4, "a newer release wrote it; this one knows shapes up to 3");
    check(Account::decode(u16::MAX, &body), u16::MAX, "a newer release wrote it; this one knows shapes up to 3");
}

#[test]
fn an_upgrade_that_fails_says_which() {
    check(Account::decode(1, b"[]"), 1, "the upgrade from shape 1: an account is an object");
    let without_year = br#"{"given":"Ada","family":"Byron"}"#;
    check(Account::decode(1, without_year), 1, "the upgrade from shape 2: a birth year is a number");
    let without_email = br#"{"name":"Ada Byron","birth_year":1815,"opened":5,"verifier":"v"}"#;
    check(Account::decode(2, without_email), 2, "after its upgrade a field is missing, unknown or of another type");
}

#[test]
fn the_words_of_a_decode_error_hold_no_content() {
    let canary = "canary-4711";
    let bodies = [
        format!(r#"{{"for":"{canary}","expires":1,"uses_left":1}}"#),
        format!(r#"{{"for":"09090909-0909-0909-0909-090909090909","expires":"{canary}","uses_left":1}}"#),
        format!(r#""{canary}""#),
        format!(r#"{{"{canary}""#),
        canary.to_owned(),
    ];
    for body in bodies {
        let error = Invitation::decode(1, body.as_bytes()).unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        assert!(error.words.contains("line 1, column"), "{error}");
    }
    let old = format!(r#"{{"email":["{canary}"],"name":"{canary}","birth_year":1815,"opened":5,"verifier":"v"}}"#);
    let error = Account::decode(2, old.as_bytes()).unwrap_err();
    assert!(!error.to_string().contains("canary"), "{error}");
}

fn check(read: Result<Account, DecodeError>, version: u16, words: &str) {
    assert_eq!(read, Err(DecodeError { kind: "identity.account", version, words: words.to_owned() }));
}
