//! The engine, rule by rule.

use shield::{
    Decision, Exclusion, Exclusions, Ground, Inspector, Limit, Limits, LoadError, Mode, Outcome, Request, Route, Rules,
    Settings, Terms,
};

fn ids(rules: &str, uri: &str) -> Vec<u32> {
    let inspector =
        Inspector::from_text("test.conf", rules, Settings { mode: Mode::Observe, ..Settings::default() }).unwrap();
    inspector.inspect(&Request::new(b"GET", uri.as_bytes())).ids()
}

fn post(rules: &str, content_type: &str, body: &[u8]) -> shield::Verdict {
    let inspector =
        Inspector::from_text("test.conf", rules, Settings { mode: Mode::Observe, ..Settings::default() }).unwrap();
    let headers = [(b"Content-Type".as_slice(), content_type.as_bytes())];
    let request = Request { headers: &headers, body, ..Request::new(b"POST", b"/") };
    inspector.inspect(&request)
}

fn places(rules: &str, content_type: &str, body: &[u8]) -> Vec<String> {
    post(rules, content_type, body).hits.into_iter().flat_map(|hit| hit.places).map(|place| place.name).collect()
}

fn refused(rules: &str) -> String {
    match Inspector::from_text("test.conf", rules, Settings::default()) {
        Err(error @ LoadError::Rule { .. }) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("loaded: {rules}"),
    }
}

#[test]
fn what_is_outside_the_subset_is_refused_with_file_and_line() {
    for (rules, line, word) in [
        ("SecRule ARGS \"@rx a\" \"id:1,phase:2,pass\"\n\nSecRuleEngine On\n", 3, "secruleengine"),
        ("SecRule ARGS \"@fuzzyHash a\" \"id:1,phase:2\"", 1, "fuzzyHash"),
        ("SecRule NOWHERE \"@rx a\" \"id:1,phase:2\"", 1, "NOWHERE"),
        ("# first\nSecRule ARGS \"@rx a\" \\\n  \"id:1,\\\n  phase:2,t:rot13\"", 2, "rot13"),
        ("SecRule ARGS \"@rx a\" \"id:1,phase:2,exec:/bin/true\"", 1, "exec"),
        ("SecRule ARGS \"@rx a(\" \"id:1,phase:2\"", 1, ""),
        ("SecRule ARGS \"@rx a\" \"id:1,phase:2,skipAfter:NOWHERE\"", 1, "NOWHERE"),
        ("SecRule ARGS \"@rx a\" \"id:1,phase:2\"\nSecRule ARGS \"@rx b\" \"id:1,phase:2\"", 2, "twice"),
        ("SecRule ARGS \"@rx a\" \"id:1,phase:2,chain\"", 1, "chain"),
        ("SecRule XML:/a/b \"@rx a\" \"id:1,phase:2\"", 1, "XML"),
        ("SecRule ARGS \"@rx a\" \"id:1,phase:2,ctl:hashEngine=On\"", 1, "hashEngine"),
    ] {
        let error = refused(rules);
        assert!(error.starts_with(&format!("test.conf:{line}: ")) && error.contains(word), "{error}");
    }
}

#[test]
fn a_chain_matches_only_as_a_whole() {
    let rules = "SecRule ARGS:a \"@streq 1\" \"id:1,phase:2,chain\"\nSecRule ARGS:b \"@streq 2\" \"t:none\"";
    assert_eq!(ids(rules, "/?a=1&b=2"), [1]);
    assert!(ids(rules, "/?a=1&b=3").is_empty());
    assert!(ids(rules, "/?a=0&b=2").is_empty());
}

#[test]
fn scores_add_up_for_every_value_that_matches() {
    let rules =
        "SecRule ARGS \"@contains x\" \"id:1,phase:2,setvar:'tx.n=+2'\"\nSecRule TX:n \"@eq 6\" \"id:2,phase:2\"";
    assert_eq!(ids(rules, "/?a=x&b=x&c=y&d=x"), [1, 2]);
    assert_eq!(ids(rules, "/?a=x&b=x&c=y"), [1]);
}

#[test]
fn a_marker_ends_a_skip() {
    let rules = "SecRule ARGS:skip \"@eq 1\" \"id:1,phase:2,nolog,skipAfter:END\"\nSecRule ARGS \"@rx .\" \"id:2,phase:2\"\nSecMarker END\nSecRule ARGS \"@rx .\" \"id:3,phase:2\"";
    assert_eq!(ids(rules, "/?skip=1"), [3]);
    assert_eq!(ids(rules, "/?skip=0"), [2, 3]);
}

#[test]
fn captured_groups_and_macros_carry_values_between_rules() {
    let rules = "SecRule ARGS:a \"@rx ^(\\w+)-(\\w+)$\" \"id:1,phase:2,capture,chain\"\nSecRule ARGS:b \"@streq %{tx.2}\" \"t:none\"";
    assert_eq!(ids(rules, "/?a=left-right&b=right"), [1]);
    assert!(ids(rules, "/?a=left-right&b=left").is_empty());
}

#[test]
fn controls_take_rules_and_targets_out_for_one_request() {
    let rules = "SecRule ARGS:mode \"@streq a\" \"id:1,phase:1,nolog,ctl:ruleRemoveById=3\"\nSecRule ARGS:mode \"@streq b\" \"id:2,phase:1,nolog,ctl:ruleRemoveTargetById=3;ARGS:free\"\nSecRule ARGS \"@contains evil\" \"id:3,phase:2\"";
    assert_eq!(ids(rules, "/?free=evil"), [3]);
    assert!(ids(rules, "/?mode=a&free=evil").is_empty());
    assert!(ids(rules, "/?mode=b&free=evil").is_empty());
    assert_eq!(ids(rules, "/?mode=b&other=evil"), [3]);
}

#[test]
fn targets_are_spared_and_counted() {
    assert_eq!(ids("SecRule ARGS|!ARGS:/^ok/ \"@rx x\" \"id:1,phase:2\"", "/?bad=x"), [1]);
    assert!(ids("SecRule ARGS|!ARGS:/^ok/ \"@rx x\" \"id:1,phase:2\"", "/?ok1=x").is_empty());
    assert_eq!(ids("SecRule &ARGS \"@gt 2\" \"id:1,phase:2\"", "/?a&b&c"), [1]);
    assert_eq!(ids("SecRule &ARGS:a \"@eq 0\" \"id:1,phase:2\"", "/?b"), [1]);
}

#[test]
fn transformations_run_in_order_and_step_by_step_where_asked() {
    assert_eq!(
        ids(
            "SecRule ARGS \"@streq <a>\" \"id:1,phase:2,t:none,t:urlDecodeUni,t:htmlEntityDecode,t:lowercase\"",
            "/?a=%2526lt;A%2526GT;"
        ),
        [1]
    );
    assert_eq!(ids("SecRule ARGS \"@streq A\" \"id:1,phase:2,t:lowercase,multiMatch\"", "/?a=A"), [1]);
    assert!(ids("SecRule ARGS \"@streq A\" \"id:1,phase:2,t:lowercase\"", "/?a=A").is_empty());
    for (transform, given, wanted) in [
        ("jsDecode", "%5Cx41%5Cu0042%5C103", "ABC"),
        ("cssDecode", "%5C41%20%5C000042", "AB"),
        ("cmdLine", "C%5EA%22T%20%20/etc", "cat/etc"),
        ("normalizePath", "/a/./b/../c", "/a/c"),
        ("replaceComments", "a/*x*/b", "a b"),
        ("base64Decode", "aGVsbG8=", "hello"),
        ("length", "abcd", "4"),
        ("sha1,t:hexEncode", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("utf8toUnicode", "%C3%A9", "%u00e9"),
        ("removeWhitespace", "a%20b%09c", "abc"),
        ("escapeSeqDecode", "%5C101%5Cx41", "AA"),
    ] {
        let rules = format!("SecRule ARGS \"@streq {wanted}\" \"id:1,phase:2,t:none,t:{transform}\"");
        assert_eq!(ids(&rules, &format!("/?a={given}")), [1], "{transform}");
    }
}

#[test]
fn classes_mean_what_they_mean_in_pcre() {
    let rules = r#"SecRule ARGS "@rx ^[^!\"\(\),/:-\?\[-\]\{\}]+$" "id:1,phase:2""#;
    assert_eq!(ids(rules, "/?x=abc"), [1]);
    for odd in ["a%22", "a:b", "a%3Cb", "a%3Fb", "a[b", "a%5Cb", "a]b", "a{b"] {
        assert!(ids(rules, &format!("/?x={odd}")).is_empty(), "{odd}");
    }
    assert_eq!(ids("SecRule ARGS \"@rx ^[[a&&b~~]{1,2}$\" \"id:1,phase:2\"", "/?x=[%26"), [1]);
    assert_eq!(ids("SecRule ARGS \"@rx ^[[:digit:]x-]+\\<{a}$\" \"id:1,phase:2\"", "/?x=1-x%3C{a}"), [1]);
}

#[test]
fn look_arounds_and_back_references_are_confirmed() {
    assert_eq!(ids("SecRule ARGS \"@rx a(?!b)\" \"id:1,phase:2\"", "/?x=ac"), [1]);
    assert!(ids("SecRule ARGS \"@rx a(?!b)\" \"id:1,phase:2\"", "/?x=ab").is_empty());
    assert!(ids("SecRule ARGS \"@rx (?<!&amp);\" \"id:1,phase:2\"", "/?x=%26amp;").is_empty());
    assert_eq!(ids("SecRule ARGS \"@rx (\\w+)=\\1$\" \"id:1,phase:2\"", "/?x=7%3D7"), [1]);
    assert!(ids("SecRule ARGS \"@rx ^(\\w+)=\\1$\" \"id:1,phase:2\"", "/?x=7%3D8").is_empty());
}

#[test]
fn a_hard_pattern_cannot_hold_the_engine_up() {
    let value = "a".repeat(40_000);
    let rules = "SecRule ARGS \"@rx (?:a+)+$(?!x)b|(a*)*c\" \"id:1,phase:2\"";
    ids(rules, &format!("/?x={value}"));
}

#[test]
fn every_json_leaf_has_its_path() {
    let body = br#"{"a":{"b":[1,{"c":"evil"}]},"d":"e\u0076il"}"#;
    assert_eq!(
        places("SecRule ARGS \"@streq evil\" \"id:1,phase:2\"", "application/fhir+json", body),
        ["ARGS:json.d", "ARGS:json.a.b.1.c"]
    );
}

#[test]
fn a_broken_body_is_noticed_and_still_read() {
    let rules =
        "SecRule REQBODY_ERROR \"@eq 1\" \"id:1,phase:2\"\nSecRule ARGS|XML:/* \"@contains evil\" \"id:2,phase:2\"";
    assert_eq!(post(rules, "application/json", br#"{"a": evil"#).ids(), [1, 2]);
    assert_eq!(post(rules, "text/xml", b"<a><b>x</a>evil").ids(), [1, 2]);
    assert_eq!(post(rules, "multipart/form-data; boundary=x", b"evil").ids(), [1, 2]);
}

#[test]
fn xml_texts_and_attributes_are_values() {
    let rules = "SecRule XML:/* \"@streq a<b\" \"id:1,phase:2\"\nSecRule XML://@* \"@streq x y\" \"id:2,phase:2\"";
    assert_eq!(post(rules, "application/soap+xml", b"<r q=\"x&#32;y\"><t>a&lt;b</t></r>").ids(), [1, 2]);
}

#[test]
fn multipart_fields_and_files_are_values() {
    let body = b"--B\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nevil\r\n--B\r\nContent-Disposition: form-data; name=\"u\"; filename=\"a.php\"\r\nContent-Type: text/plain\r\n\r\nxx\r\n--B--\r\n";
    let rules = "SecRule ARGS:f \"@streq evil\" \"id:1,phase:2\"\nSecRule FILES \"@endsWith .php\" \"id:2,phase:2\"\nSecRule MULTIPART_PART_HEADERS:u \"@contains text/plain\" \"id:3,phase:2\"\nSecRule FILES_COMBINED_SIZE \"@eq 2\" \"id:4,phase:2\"";
    assert_eq!(post(rules, "multipart/form-data; boundary=B", body).ids(), [1, 2, 3, 4]);
}

fn over(limits: Limits, content_type: &str, body: &[u8]) -> Decision {
    let inspector = Inspector::built_in(Settings { limits, ..Settings::default() }).unwrap();
    let headers = [(b"Content-Type".as_slice(), content_type.as_bytes()), (b"Content-Length".as_slice(), b"1")];
    inspector.inspect(&Request { headers: &headers, body, ..Request::new(b"POST", b"/") }).decision
}

#[test]
fn beyond_a_limit_the_verdict_is_a_refusal() {
    let limited = |limit| Decision::Block(Ground::Limit(limit));
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    assert_eq!(over(Limits::default(), "application/json", deep.as_bytes()), limited(Limit::Depth));
    let many = format!("[{}1]", "1,".repeat(60_000));
    assert_eq!(over(Limits::default(), "application/json", many.as_bytes()), limited(Limit::Arguments));
    let small = Limits { body_bytes_max: 4, ..Limits::default() };
    assert_eq!(over(small, "application/json", b"[1,2,3]"), limited(Limit::BodyBytes));
    let poor = Limits { work_bytes_max: 100, work_per_byte_max: 0, ..Limits::default() };
    assert_eq!(over(poor, "application/x-www-form-urlencoded", b"a=' or (select 1)&b=<x>"), limited(Limit::Work));
}

#[test]
fn an_exclusion_is_as_narrow_as_it_says() {
    let rules = "SecRule ARGS \"@contains evil\" \"id:7,phase:2,deny\"";
    let exclusion = Exclusion {
        route: Route { method: Some("GET".into()), path: "/notes/*".into() },
        rules: Rules::Id(7),
        field: Some("ARGS:text".into()),
    };
    let settings = Settings { exclusions: vec![exclusion], ..Settings::default() };
    let inspector = Inspector::from_text("test.conf", rules, settings).unwrap();
    let blocks = |method: &[u8], uri: &[u8]| inspector.inspect(&Request::new(method, uri)).blocks();
    assert!(!blocks(b"GET", b"/notes/1?text=evil"));
    assert!(blocks(b"GET", b"/notes/1?other=evil"));
    assert!(blocks(b"GET", b"/notes?text=evil"));
    assert!(blocks(b"PUT", b"/notes/1?text=evil"));
}

#[test]
fn observing_reports_what_blocking_would_do() {
    let rules = "SecRule ARGS \"@contains evil\" \"id:7,phase:2,deny,status:451\"";
    let with = |mode| Inspector::from_text("test.conf", rules, Settings { mode, ..Settings::default() }).unwrap();
    let request = Request::new(b"GET", b"/?a=evil");
    let ground = Ground::Rule { id: 7, status: 451 };
    assert_eq!(with(Mode::Block).inspect(&request).decision, Decision::Block(ground));
    assert_eq!(with(Mode::Observe).inspect(&request).decision, Decision::WouldBlock(ground));
}

#[test]
fn an_excerpt_shows_shape_and_not_content() {
    let inspector =
        Inspector::from_text("test.conf", "SecRule ARGS \"@contains evil\" \"id:7,phase:2\"", Settings::default())
            .unwrap();
    let verdict = inspector.inspect(&Request::new(b"GET", b"/?a=evil+HIV+1985"));
    let excerpt = &verdict.hits[0].places[0].excerpt;
    assert_eq!(excerpt.redacted(), "aaaa aaa 0000");
    assert!(!format!("{verdict:?}").contains("HIV"));
}

#[test]
fn an_explanation_names_every_rule_and_its_place() {
    let rules = "SecRule ARGS \"@contains evil\" \"id:7,phase:2\"\nSecRule ARGS \"@contains good\" \"id:8,phase:2\"";
    let inspector = Inspector::from_text("test.conf", rules, Settings::default()).unwrap();
    let (_, steps) = inspector.explain(&Request::new(b"GET", b"/?a=evil"));
    assert!(matches!(&steps[0].outcome, Outcome::Matched { places } if places[0].name == "ARGS:a"));
    assert_eq!(steps[0].at, "test.conf:1");
    assert_eq!(steps[1].outcome, Outcome::NoMatch { values: 1 });
}

#[test]
fn an_exclusion_may_come_after_the_rules() {
    let inspector = Inspector::built_in(Settings::default()).unwrap();
    let request = Request::new(b"GET", b"/notes/7?text=1%27+union+select+password+from+users--");
    let verdict = inspector.inspect(&request);
    assert!(verdict.blocks());
    let narrow = |path: &str, field: &str| {
        let one = |id| Exclusion {
            route: Route { method: Some("GET".into()), path: path.into() },
            rules: Rules::Id(id),
            field: Some(field.into()),
        };
        inspector.exclusions(&verdict.ids().into_iter().map(one).collect::<Vec<_>>()).unwrap()
    };
    let blocks = |exclusions: &Exclusions| {
        let terms = Terms { exclusions: &[exclusions], ..Terms::default() };
        inspector.inspect_under(&request, terms).blocks()
    };
    assert!(!blocks(&narrow("/notes/*", "ARGS:text")));
    assert!(blocks(&narrow("/notes/*", "ARGS:other")));
    assert!(blocks(&narrow("/other/*", "ARGS:text")));
    let unknown = Exclusion { route: Route { method: None, path: "/**".into() }, rules: Rules::Id(1), field: None };
    assert!(inspector.exclusions(&[unknown]).is_err());
}

#[test]
fn a_request_that_takes_too_long_gets_a_verdict() {
    let inspector = Inspector::built_in(Settings::default()).unwrap();
    let headers: [(&[u8], &[u8]); 1] = [(b"Content-Type", b"application/json")];
    let body = serde_json::to_vec(&vec!["the patient's pain is <5 of 10; see notes"; 2_000]).unwrap();
    let request = Request { headers: &headers, body: &body, ..Request::new(b"POST", b"/") };
    assert!(!inspector.inspect(&request).blocks());
    let terms = Terms { overtime: Some(&|| true), ..Terms::default() };
    let verdict = inspector.inspect_under(&request, terms);
    assert_eq!(verdict.decision, Decision::Block(Ground::Limit(Limit::Time)));
    let small = Request::new(b"GET", b"/?q=knee");
    assert!(!inspector.inspect_under(&small, terms).blocks(), "a small request is through before the first look");
    let observing = Terms { mode: Some(Mode::Observe), ..Terms::default() };
    let attack = Request::new(b"GET", b"/?q=1%27+union+select+1,2--");
    assert!(matches!(inspector.inspect_under(&attack, observing).decision, Decision::WouldBlock(_)));
}

#[test]
fn a_body_that_cannot_be_read_is_no_attack_and_does_not_hide_one() {
    let inspector = Inspector::built_in(Settings::default()).unwrap();
    let blocks = |content_type: &str, body: &str| {
        let headers: [(&[u8], &[u8]); 1] = [(b"Content-Type", content_type.as_bytes())];
        let verdict =
            inspector.inspect(&Request { headers: &headers, body: body.as_bytes(), ..Request::new(b"POST", b"/") });
        verdict.blocks()
    };
    let types = [
        ("application/fhir+json", "{\"resourceType\": \"Patient\", \"name\": WORDS"),
        ("application/xml", "<a><b>WORDS</c>"),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nWORDS"),
        ("application/x-www-form-urlencoded", "a=%zz&b=WORDS"),
    ];
    for (content_type, body) in types {
        assert!(!blocks(content_type, &body.replace("WORDS", "knee pain")), "{content_type}");
        assert!(
            blocks(content_type, &body.replace("WORDS", "1' union select password from users--")),
            "{content_type}"
        );
    }
}
