//! What version 4 of the Core Rule Set asks of an engine, each construct in a rule of our own.

use shield::{Decision, Ground, Inspector, Mode, Request, Settings};

/// Scores by level, sums for blocking and for detection in both phases, early blocking, as version 4 counts.
const COUNTING: &str = r#"
SecComponentSignature "OUR_OWN/4.0.0"
SecRule &TX:blocking_paranoia_level "@eq 0" "id:1,phase:1,pass,nolog,setvar:'tx.blocking_paranoia_level=1'"
SecRule &TX:detection_paranoia_level "@eq 0" \
    "id:2,phase:1,pass,nolog,setvar:'tx.detection_paranoia_level=%{TX.blocking_paranoia_level}'"
SecRule &TX:early_blocking "@eq 0" "id:3,phase:1,pass,nolog,setvar:'tx.early_blocking=0'"
SecRule &TX:critical_anomaly_score "@eq 0" "id:4,phase:1,pass,nolog,setvar:'tx.critical_anomaly_score=5'"
SecAction "id:5,phase:1,pass,t:none,nolog,setvar:'tx.blocking_inbound_anomaly_score=0',\
    setvar:'tx.inbound_anomaly_score_pl1=0',setvar:'tx.inbound_anomaly_score_pl2=0'"
SecRule UNIQUE_ID "@rx ^[a-f]*([0-9])[a-f]*([0-9])" \
    "id:6,phase:1,pass,capture,t:sha1,t:hexEncode,nolog,setvar:'TX.sampling_rnd100=%{TX.1}%{TX.2}'"
SecRule REQUEST_HEADERS:X-Bad "@rx (?i)evil" \
    "id:10,phase:1,block,t:none,msg:'A header',setvar:'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'"
SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 1" "id:11,phase:2,pass,nolog,skipAfter:END-RULES"
SecRule ARGS "@rx (?i)attack\x{2e}1" \
    "id:12,phase:2,block,t:none,t:escapeSeqDecode,t:utf8toUnicode,t:urlDecodeUni,msg:'Level 1',tag:'attack-one',\
    setvar:'tx.inbound_anomaly_score_pl1=+%{tx.critical_anomaly_score}'"
SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 2" "id:13,phase:2,pass,nolog,skipAfter:END-RULES"
SecRule ARGS "@rx attack\.2" "id:14,phase:2,block,msg:'Level 2',\
    setvar:'tx.inbound_anomaly_score_pl2=+%{tx.critical_anomaly_score}'"
SecMarker "END-RULES"
SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 1" "id:20,phase:1,pass,t:none,nolog,\
    setvar:'tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl1}'"
SecAction "id:21,phase:2,pass,t:none,nolog,setvar:'tx.blocking_inbound_anomaly_score=0'"
SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 1" "id:22,phase:2,pass,t:none,nolog,\
    setvar:'tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl1}'"
SecRule TX:BLOCKING_PARANOIA_LEVEL "@ge 2" "id:23,phase:2,pass,t:none,nolog,\
    setvar:'tx.blocking_inbound_anomaly_score=+%{tx.inbound_anomaly_score_pl2}'"
SecMarker "BEGIN-REQUEST-BLOCKING-EVAL"
SecRule TX:BLOCKING_INBOUND_ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" \
    "id:30,phase:1,deny,t:none,msg:'Early (%{TX.BLOCKING_INBOUND_ANOMALY_SCORE})',chain"
    SecRule TX:EARLY_BLOCKING "@eq 1"
SecRule TX:BLOCKING_INBOUND_ANOMALY_SCORE "@ge %{tx.inbound_anomaly_score_threshold}" \
    "id:31,phase:2,deny,t:none,msg:'Score (%{TX.BLOCKING_INBOUND_ANOMALY_SCORE})'"
SecRule TX:/^BLOCKING_INBOUND_/ "@gt 0" "id:40,phase:5,pass,t:none,nolog,noauditlog,ctl:auditEngine=RelevantOnly,\
    skipAfter:END-REPORTING"
SecMarker "END-REPORTING"
SecRule HIGHEST_SEVERITY|RESPONSE_STATUS "@unconditionalMatch" "id:41,phase:5,pass,nolog,t:none"
"#;

fn early(early: &str) -> Inspector {
    let variables = vec![("early_blocking".to_owned(), early.to_owned())];
    Inspector::from_text("four.conf", COUNTING, Settings { variables, ..Settings::default() }).unwrap()
}

#[test]
fn scores_are_summed_by_level_and_once() {
    let inspector = early("0");
    let verdict = inspector.inspect(&Request::new(b"GET", b"/?a=ATTACK.1&b=attack.2"));
    assert_eq!((verdict.score, verdict.ids()), (5, vec![12, 31]));
    assert_eq!(verdict.decision, Decision::Block(Ground::Rule { id: 31, status: 403 }));
    assert!(!inspector.inspect(&Request::new(b"GET", b"/?b=attack.2")).blocks());
    let two = Settings { paranoia: 2, ..Settings::default() };
    let verdict =
        Inspector::from_text("four.conf", COUNTING, two).unwrap().inspect(&Request::new(b"GET", b"/?b=attack.2"));
    assert!(verdict.blocks());
}

#[test]
fn early_blocking_ends_the_inspection_before_the_body() {
    let headers: [(&[u8], &[u8]); 1] = [(b"X-Bad", b"EVIL")];
    let request = Request { headers: &headers, ..Request::new(b"GET", b"/?a=attack.1") };
    assert_eq!(early("1").inspect(&request).ids(), [10, 30]);
    assert_eq!(early("0").inspect(&request).ids(), [10, 12, 31]);
}

fn ids(rules: &str, content_type: &str, uri: &str, body: &str) -> Vec<u32> {
    let inspector =
        Inspector::from_text("four.conf", rules, Settings { mode: Mode::Observe, ..Settings::default() }).unwrap();
    let headers: [(&[u8], &[u8]); 1] = [(b"Content-Type", content_type.as_bytes())];
    let body = body.as_bytes();
    inspector.inspect(&Request { headers: &headers, body, ..Request::new(b"POST", uri.as_bytes()) }).ids()
}

#[test]
fn headers_of_parts_are_counted_collected_under_made_up_names_and_found_by_pattern() {
    let rules = r#"
SecRule &MULTIPART_PART_HEADERS:_charset_ "!@eq 0" "id:1,phase:2,block,t:none,msg:'charset'"
SecRule &MULTIPART_PART_HEADERS "@gt 0" "id:2,phase:2,pass,t:none,nolog,setvar:'tx.counter=0'"
SecRule MULTIPART_PART_HEADERS "@rx ^content-type\s*:\s*(.*)$" "id:3,phase:2,pass,capture,t:none,t:lowercase,nolog,\
    setvar:'tx.content_types_%{tx.counter}=%{tx.1}',setvar:'tx.counter=+1'"
SecRule TX:/CONTENT_TYPES_*/ "!@rx ^text/plain$" "id:4,phase:2,block,capture,t:none,t:lowercase,msg:'type'"
SecRule MULTIPART_PART_HEADERS "@rx content-transfer-encoding:(.*)" "id:5,phase:2,block,capture,t:none,t:lowercase"
"#;
    let part = |header: &str| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n{header}\r\n\r\nb\r\n--x\r\nContent-Disposition: form-data; name=\"b\"\r\nContent-Type: text/plain\r\n\r\nc\r\n--x--\r\n"
        )
    };
    let multipart = "multipart/form-data; boundary=x";
    assert_eq!(ids(rules, multipart, "/", &part("Content-Type: text/plain")), Vec::<u32>::new());
    assert_eq!(ids(rules, multipart, "/", &part("Content-Type: text/evil")), [4]);
    assert_eq!(ids(rules, multipart, "/", &part("Content-Transfer-Encoding: base64")), [5]);
    let charset = part("Content-Type: text/plain").replace("name=\"a\"", "name=\"_charset_\"");
    assert_eq!(ids(rules, multipart, "/", &charset), [1]);
}

#[test]
fn targets_are_taken_out_by_tag_and_by_id() {
    let rules = r#"
SecRule REQUEST_FILENAME "@endsWith /notes" "id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=attack-x;ARGS:text"
SecRule REQUEST_FILENAME "@beginsWith /free" "id:2,phase:1,pass,nolog,ctl:ruleRemoveByTag=attack-x"
SecRule REQUEST_FILENAME "@streq /raw" "id:3,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On"
SecRule ARGS|REQUEST_COOKIES|!REQUEST_COOKIES:/__utm/ "@pm evil wicked" "id:10,phase:2,block,tag:'attack-x'"
SecRule REQUEST_BODY "@contains evil" "id:11,phase:2,block"
SecRule ARGS "@within |evil| |bad|" "id:12,phase:2,block,t:none,t:lowercase"
SecRuleUpdateTargetById 12 "!ARGS:/^ok/"
SecRuleUpdateTargetById 12 "!ARGS:text"
"#;
    assert_eq!(ids(rules, "", "/notes?text=evil", ""), Vec::<u32>::new());
    assert_eq!(ids(rules, "", "/notes?other=evil", ""), [10, 12]);
    assert_eq!(ids(rules, "", "/free?ok1=evil", ""), Vec::<u32>::new());
    assert_eq!(ids(rules, "text/x", "/raw", "evil"), [11]);
}

#[test]
fn every_transformation_of_version_4_is_there() {
    let chain = "t:none,t:lowercase,t:jsDecode,t:urlDecodeUni,t:htmlEntityDecode,t:utf8toUnicode,t:removeNulls,t:cssDecode,\
        t:cmdLine,t:removeWhitespace,t:replaceComments,t:normalizePath,t:escapeSeqDecode,t:compressWhitespace,\
        t:normalizePathWin,t:base64Decode,t:sha1,t:hexEncode,t:removeCommentsChar,t:length";
    let rules = format!(
        "SecRule ARGS|FILES|XML:/*|XML://@*|REQUEST_BASENAME \"@validateUtf8Encoding\" \"id:1,phase:2,block,{chain}\"\nSecRule ARGS \"@eq 40\" \"id:2,phase:2,block,t:none,t:sha1,t:hexEncode,t:length,multiMatch\""
    );
    assert_eq!(ids(&rules, "", "/?a=b", ""), [2]);
}

#[test]
fn a_case_may_be_written_in_each_of_the_ways_that_case_files_use() {
    use base64::Engine;
    let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let raw = base64("POST /a?b=evil HTTP/1.1\r\nHost: x\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\nc=wicked");
    let json = serde_json::json!([
        { "test": "raw", "encoded_request": raw, "expect_ids": [1, 3], "no_expect_ids": [2] },
        { "test": "named", "uri": "/", "headers": { "X-Twice": ["1", "2"], "Host": "x" }, "expect_ids": [3] },
        { "test": "pairs", "headers": [["X-Twice", "1"], ["X-Twice", "2"]], "expect_ids": [3], "forbid_ids": [1] },
        { "test": "data", "method": "POST", "headers": { "Content-Type": "application/x-www-form-urlencoded" },
          "data": "c=wicked", "expect_ids": [2] },
        { "test": "bytes", "uri_base64": base64("/?b=evil"), "expect_ids": [1] },
    ]);
    let rules = "SecRule ARGS:b \"@streq evil\" \"id:1,phase:2,block\"\nSecRule ARGS:c \"@streq wicked\" \"id:2,phase:2,block\"\n\
        SecRule &REQUEST_HEADERS:X-Twice \"@eq 2\" \"id:3,phase:1,block\"";
    let inspector = Inspector::from_text("cases.conf", rules, shield::cases::regression_settings()).unwrap();
    let cases = shield::cases::parse(&serde_json::to_vec(&json).unwrap()).unwrap();
    let report = shield::cases::test(&inspector, &cases).unwrap();
    assert_eq!((report.passed, report.total), (5, 5), "{:?}", report.failed);
}
