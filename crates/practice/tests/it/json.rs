use model::RefusalKind;
use practice::fhir::json::{Document, Edits, Kind, Limits, compact};
use proptest::prelude::*;

fn no(text: &str) -> practice::fhir::json::Unreadable {
    Document::read(text.as_bytes(), &Limits::RESOURCE).expect_err(text)
}

#[test]
fn what_is_not_json_is_refused_with_line_and_column() {
    for (text, line, column, path) in [
        ("", 1, 1, "Resource"),
        ("{\"a\": 1,\n \"b\": tru}", 2, 7, "Resource.b"),
        ("{\"resourceType\":\"Patient\",\"name\":[{\"given\":[\"a\" \"b\"]}]}", 1, 49, "Patient.name[0].given[0]"),
        ("{\"a\":[1,2,]}", 1, 11, "Resource.a[2]"),
        ("{\"a\":1} x", 1, 9, "Resource"),
        ("[01]", 1, 3, "Resource[0]"),
        ("[1.]", 1, 4, "Resource[0]"),
        ("[\"\\ud800\"]", 1, 9, "Resource[0]"),
        ("[\"\\x\"]", 1, 3, "Resource[0]"),
        ("[\"a\u{1}\"]", 1, 4, "Resource[0]"),
        ("\u{feff}{}", 1, 1, "Resource"),
        ("{a:1}", 1, 2, "Resource"),
        ("{\"weird name\":nul}", 1, 15, "Resource.`weird name`"),
    ] {
        let found = no(text);
        assert_eq!((found.line, found.column, found.path.as_str()), (line, column, path), "{text}: {found}");
        assert_eq!(found.kind, RefusalKind::Malformed);
    }
}

#[test]
fn a_member_that_is_there_twice_is_refused_however_it_is_spelled() {
    assert!(no(r#"{"id":"1","id":"2"}"#).words.contains("twice"));
    assert_eq!(no(r#"{"resourceType":"Patient","x":{"id":"1","\u0069d":"2"}}"#).path, "Patient.x.id");
    assert!(Document::read(br#"{"id":{"id":1},"di":{"id":2}}"#, &Limits::RESOURCE).is_ok());
}

#[test]
fn too_deep_too_many_and_too_long_are_refused() {
    let deep = "[".repeat(65) + &"]".repeat(65);
    assert!(no(&deep).words.contains("64 deep"));
    let fine = "[".repeat(64) + &"]".repeat(64);
    assert!(Document::read(fine.as_bytes(), &Limits::RESOURCE).is_ok());
    assert!(no(&"[".repeat(1_000_000)).words.contains("64 deep"));
    let many = format!("[{}0]", "0,".repeat(100_000));
    assert_eq!(no(&many).kind, RefusalKind::TooLarge);
    let wide: Vec<String> = (0..200).map(|n| format!("\"m{n}\":0")).collect();
    assert!(no(&format!("{{{}}}", wide.join(","))).words.contains("128 members"));
    assert_eq!(no(&" ".repeat(Limits::RESOURCE.bytes_max + 1)).kind, RefusalKind::TooLarge);
    assert!(no(&format!("[{}]", "9".repeat(300))).words.contains("256"));
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    let found = Document::read(b"{\"a\":\n\"\xff\"}", &Limits::RESOURCE).unwrap_err();
    assert_eq!((found.line, found.column), (2, 2));
}

#[test]
fn strings_are_read_without_their_escapes() {
    let document = Document::read(br#"{"a\n":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 z"}"#, &Limits::RESOURCE).unwrap();
    let member = document.root().children().next().unwrap();
    assert_eq!(member.name().unwrap(), "a\n");
    assert_eq!(member.text().unwrap(), "\"\\/\u{8}\u{c}\n\r\té😀 z");
}

#[test]
fn numbers_compare_by_their_text() {
    let read = |text: &str| Document::read(text.as_bytes(), &Limits::RESOURCE).unwrap();
    assert!(!read("1.50").root().says_the_same_as(read("1.5").root()));
    assert!(read(r#"{"a":1,"b":["\u0061"]}"#).root().says_the_same_as(read(r#"{ "b":["a"], "a":1 }"#).root()));
    assert!(!read(r#"{"a":1}"#).root().says_the_same_as(read(r#"{"a":1,"b":2}"#).root()));
}

#[test]
fn an_edit_leaves_every_other_byte() {
    let text = "{ \"a\" : 1.50,\n\t\"b\":\"\\u0041\" }";
    let document = Document::read(text.as_bytes(), &Limits::RESOURCE).unwrap();
    let mut edits = Edits::default();
    edits.replace_text(document.root().member("b").unwrap(), "new \"b\"");
    edits.set(document.root(), "c", "2", Some("a"));
    assert_eq!(edits.apply(text), "{ \"a\" : 1.50,\"c\":2,\n\t\"b\":\"new \\\"b\\\"\" }");
    assert_eq!(compact(text), "{\"a\":1.50,\"b\":\"\\u0041\"}");
}

/// Any JSON, written by another hand.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn same(node: practice::fhir::json::Node<'_>, value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::Null => node.kind() == Kind::Null,
        Value::Bool(truth) => node.truth() == Some(*truth),
        Value::Number(number) => node.number() == Some(number.to_string().as_str()),
        Value::String(text) => node.text().as_deref() == Some(text),
        Value::Array(items) => {
            node.children().count() == items.len() && node.children().zip(items).all(|(node, item)| same(node, item))
        }
        Value::Object(members) => {
            node.children().count() == members.len()
                && members.iter().all(|(name, value)| node.member(name).is_some_and(|node| same(node, value)))
        }
    }
}

proptest! {
    #[test]
    fn any_json_is_read_as_serde_reads_it(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let document = Document::read(text.as_bytes(), &Limits::RESOURCE).unwrap();
        prop_assert!(same(document.root(), &value), "{text}");
        prop_assert_eq!(document.text(), &text);
        let small = compact(&text);
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&small).unwrap(), value);
    }

    #[test]
    fn any_bytes_are_read_or_refused_with_a_path(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        match Document::read(&bytes, &Limits::RESOURCE) {
            Ok(document) => prop_assert_eq!(document.text().as_bytes(), &bytes[..]),
            Err(no) => prop_assert!(!no.path.is_empty() && no.line > 0 && no.column > 0),
        }
    }

    /// Bytes that JSON is made of come further than any bytes. What is taken, serde takes too.
    #[test]
    fn what_is_taken_is_json(text in "[\\[\\]{}:,\"\\\\u0a1.eE+ntfalsr -]{0,24}") {
        let ours = Document::read(text.as_bytes(), &Limits::RESOURCE);
        let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text);
        if ours.is_ok() {
            prop_assert!(theirs.is_ok(), "{text}");
        } else if theirs.is_ok() {
            prop_assert!(ours.unwrap_err().words.contains("twice"), "{text}");
        }
    }
}
