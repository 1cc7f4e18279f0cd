//! Readers and transformations meet bytes that nobody would send.

use proptest::prelude::*;
use shield::{Inspector, Mode, Request, Settings};
use std::sync::LazyLock;

const RULES: &str = "SecRule ARGS|ARGS_NAMES|XML:/*|XML://@*|FILES|FILES_NAMES|MULTIPART_PART_HEADERS|REQUEST_COOKIES|REQUEST_FILENAME|REQUEST_HEADERS \
    \"@rx (a|b)+c$(?!d)\" \"id:1,phase:2,t:none,t:utf8toUnicode,t:urlDecodeUni,t:htmlEntityDecode,t:jsDecode,t:cssDecode,t:escapeSeqDecode,t:removeNulls,\
t:cmdLine,t:replaceComments,t:removeComments,t:removeCommentsChar,t:normalizePathWin,t:base64Decode,t:hexDecode,t:sqlHexDecode,t:trim,t:sha1,t:hexEncode,multiMatch\"\n\
    SecRule ARGS \"@validateUtf8Encoding\" \"id:2,phase:2\"\nSecRule ARGS \"@validateUrlEncoding\" \"id:3,phase:2\"\nSecRule ARGS \"@detectSQLi\" \"id:4,phase:2\"\nSecRule ARGS \"@detectXSS\" \"id:5,phase:2\"";

static ENGINE: LazyLock<Inspector> = LazyLock::new(|| {
    Inspector::from_text("test.conf", RULES, Settings { mode: Mode::Observe, ..Settings::default() }).unwrap()
});

const TYPES: &[&str] = &[
    "application/json",
    "application/fhir+json",
    "application/xml",
    "multipart/form-data; boundary=b",
    "multipart/form-data; boundary=\"",
    "application/x-www-form-urlencoded",
    "text/plain",
    "",
];

fn inspect(content_type: &str, uri: &[u8], body: &[u8]) {
    let headers = [(b"Content-Type".as_slice(), content_type.as_bytes()), (b"Cookie".as_slice(), uri)];
    ENGINE.inspect(&Request { headers: &headers, body, ..Request::new(b"POST", uri) });
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"--b".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"Content-Disposition: form-data; name=\"".to_vec()),
        Just(b"filename=".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        Just(b"{\"".to_vec()),
        Just(b"\":".to_vec()),
        Just(b"[".to_vec()),
        Just(b"]}".to_vec()),
        Just(b"\\ud83d".to_vec()),
        Just(b"\\u00".to_vec()),
        Just(b"<a b='".to_vec()),
        Just(b"</a>".to_vec()),
        Just(b"<![CDATA[".to_vec()),
        Just(b"<!DOCTYPE a [".to_vec()),
        Just(b"&#x".to_vec()),
        Just(b"%u00".to_vec()),
        Just(b"%".to_vec()),
        Just(b"&".to_vec()),
        Just(b"=".to_vec()),
        Just(b"\\".to_vec()),
        Just(b"/*".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_body_stops_a_reader(body in pieces(), uri in pieces(), kind in 0..TYPES.len()) {
        inspect(TYPES[kind], &uri, &body);
    }

    #[test]
    fn no_rule_text_stops_the_compiler(text in "(SecRule|SecAction|SecMarker)? ?(ARGS|TX:/a|XML:/\\*|&ARGS:b)?( \"[@!a-z(){}|*+?\\\\ %\\[\\]^$:,']{0,40}\"){0,3}") {
        // Refused or loaded, but never a panic.
        drop(Inspector::from_text("any.conf", &text, Settings::default()));
    }
}
