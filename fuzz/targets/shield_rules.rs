//! Rules from outside: whatever the text, it is compiled or refused with file and line; what was compiled runs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shield::{Inspector, Request, Settings};

fuzz_target!(|noise: &[u8]| {
    let Ok(text) = std::str::from_utf8(noise) else { return };
    if let Ok(inspector) = Inspector::from_text("noise.conf", text, Settings::default()) {
        let headers: [(&[u8], &[u8]); 2] = [(b"Content-Type", b"application/json"), (b"Cookie", b"a=b; c=%41")];
        let body = br#"{"a":["1' or 1=1--",{"b":"<script>"}]}"#;
        inspector.inspect(&Request { headers: &headers, body, ..Request::new(b"POST", b"/a/../b?c=%27d&e") });
    }
});
