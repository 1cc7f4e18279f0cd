use model::{
    Acts, Bucket, FieldDecl, Form, History, Kind, KindDecl, Purpose, Retention, Search, Sensitivity, SubjectRule,
};

use crate::samples::{Account, Invitation};

static X_RAY: KindDecl = KindDecl {
    name: "practice.x-ray",
    version: 1,
    words: "A picture of teeth.",
    form: Form::Document("application/dicom"),
    subject: SubjectRule::Nobody,
    purpose: Purpose::DirectCare,
    retention: Retention::Clinical,
    history: History::LatestOnly,
    acts: Acts { read: "x-ray.read", create: "x-ray.create", revise: "x-ray.update", retire: "x-ray.retire" },
    fields: &[FieldDecl::new("taken", Sensitivity::Health, Search::Bucket(Bucket::Day))],
};

#[test]
fn what_the_house_stores_reads_as_a_plain_file() {
    let text = model::declared::kinds(&[&X_RAY, Invitation::DECL, Account::DECL]);
    let blocks: Vec<&str> = text.split("\n\n").collect();
    assert_eq!(blocks.len(), 4, "{text}");
    assert!(blocks[0].lines().all(|line| line.starts_with("# ")), "{text}");
    assert_eq!(
        blocks[1],
        "\
identity.account
  words: A person who may sign in.
  version: 3
  form: record
  subject: the person the record stands for
  purpose: security (GDPR Art. 6(1)(f) legitimate interests)
  retention: account
  history: every version
  read: account.read
  create: account.create
  revise: account.update
  retire: account.retire
  field email: identifying; exact; unique; leak: that it is filled in (a keyed digest, one live record each)
  field name: identifying; words; leak: which records share the beginning of a word, how often, and how many words (keyed digests)
  field born: identifying; bucket by day; leak: which records share a day, month or year, and how often (keyed digests)
  field opened: internal; ordered; leak: the value itself
  field practitioner: identifying; exact; refers to practice.practitioner; leak: which records share a value, and how often (keyed digests)
  field roles: internal; exact; leak: which records share a value, and how often (keyed digests)
  field verifier: secret; never searched; leak: none"
    );
    assert!(blocks[2].contains("subject: the person named by for\n"), "{text}");
    assert!(blocks[2].contains("history: ephemeral (latest only, ends by itself)\n"), "{text}");
    assert!(blocks[3].starts_with("practice.x-ray\n"), "{text}");
    assert!(blocks[3].contains("form: document application/dicom\n"), "{text}");
    assert!(blocks[3].contains("Art. 9(2)(h) health care"), "{text}");
    assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{text}");
}

#[test]
fn the_order_in_which_kinds_are_listed_changes_nothing() {
    let one = model::declared::kinds(&[&X_RAY, Account::DECL, Invitation::DECL]);
    let other = model::declared::kinds(&[Invitation::DECL, &X_RAY, Account::DECL]);
    assert_eq!(one, other);
}

#[test]
fn no_declaration_puts_personal_data_in_order() {
    let ordered = |sensitivity| std::panic::catch_unwind(|| FieldDecl::new("born", sensitivity, Search::Ordered));
    for sensitivity in [Sensitivity::Public, Sensitivity::Internal] {
        assert!(ordered(sensitivity).is_ok(), "{sensitivity:?}");
    }
    for sensitivity in [Sensitivity::Identifying, Sensitivity::Health, Sensitivity::Secret] {
        assert!(ordered(sensitivity).is_err(), "{sensitivity:?}");
    }
}
