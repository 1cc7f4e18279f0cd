//! The trial designer: any bytes give a report and a manifest, and nothing that could run stands in any output.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trials::design::{Order, build};
use trials::rules::subject_data::{Media, subject_data};

fuzz_target!(|noise: &[u8]| {
    let built = build(&Order { subjects: 2, ..Order::new(noise) });
    for name in ["report.json", "findings.csv", "manifest.json"] {
        assert!(built.files.iter().any(|file| file.name == name), "{name} is always there");
    }
    assert!(built.readable || built.blockers > 0, "what cannot be built says why");
    for file in &built.files {
        let text = String::from_utf8_lossy(&file.bytes);
        if file.media == "text/html" || file.media == "application/xml" {
            assert!(!text.contains("<script"), "{}", file.name);
        }
        if file.media == "application/json" {
            serde_json::from_slice::<serde_json::Value>(&file.bytes).expect("JSON is JSON");
        }
    }
    subject_data(noise, Media::Unknown);
});
