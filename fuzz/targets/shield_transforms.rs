//! Every transformation over any bytes: none panics, and what a value looks like twice is the same.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shield::{Inspector, Mode, Request, Settings};

const NAMES: &[&str] = &[
    "lowercase", "uppercase", "urlDecode", "urlDecodeUni", "htmlEntityDecode", "jsDecode", "cssDecode",
    "escapeSeqDecode", "utf8toUnicode", "removeNulls", "replaceNulls", "removeWhitespace", "compressWhitespace",
    "removeComments", "replaceComments", "removeCommentsChar", "normalizePath", "normalizePathWin", "cmdLine",
    "base64Decode", "base64DecodeExt", "base64Encode", "hexDecode", "hexEncode", "sqlHexDecode", "trim", "trimLeft",
    "trimRight", "length", "sha1",
];

static ALL: LazyLock<Inspector> = LazyLock::new(|| {
    let rule = |(at, name): (usize, &&str)| {
        format!("SecRule ARGS \"@rx [a-f0-9]\" \"id:{},phase:2,pass,t:none,t:{name},t:urlDecodeUni,multiMatch\"\n", at + 1)
    };
    let rules: String = NAMES.iter().enumerate().map(rule).collect();
    Inspector::from_text("all.conf", &rules, Settings { mode: Mode::Observe, ..Settings::default() }).expect("own rules")
});

fuzz_target!(|noise: &[u8]| {
    let headers: [(&[u8], &[u8]); 1] = [(b"Content-Type", b"application/x-www-form-urlencoded")];
    let mut body = b"a=".to_vec();
    body.extend(noise.iter().filter(|byte| **byte != b'&'));
    let request = Request { headers: &headers, body: &body, ..Request::new(b"POST", b"/") };
    assert_eq!(ALL.inspect(&request).ids(), ALL.inspect(&request).ids());
});
