//! Rule files in the open format: any bytes are read, run or refused, and never run in part.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trials::design::{CameOut, Rulebook};

fuzz_target!(|noise: &[u8]| {
    let verdicts = Rulebook::read(&[("noise.yml".to_owned(), noise.to_vec())]).check_files(&[]);
    assert_eq!(verdicts.len(), 1, "every file has a verdict");
    assert!(
        matches!(verdicts[0].outcome, CameOut::OutOfScope | CameOut::Refused(_)),
        "without data nothing passes and nothing is broken"
    );
});
