//! The gates change the cost of an inspection and nothing else.

use crate::attacks;
use crate::benign::{self, Dice, Made};
use shield::{Gates, Inspector, Settings};

fn pair() -> (Inspector, Inspector) {
    let with =
        |gates| Inspector::built_in(Settings { gates, mode: shield::Mode::Observe, ..Settings::default() }).unwrap();
    (with(Gates::On), with(Gates::Off))
}

fn check(on: &Inspector, off: &Inspector, made: &Made) {
    let (gated, plain) = (made.inspect(on), made.inspect(off));
    assert_eq!(gated.ids(), plain.ids(), "{} {:?}", made.uri, String::from_utf8_lossy(&made.body));
    assert_eq!(gated.score, plain.score);
    assert_eq!(gated.decision, plain.decision);
}

#[test]
fn attacks_get_the_same_verdict_with_and_without_gates() {
    let (on, off) = pair();
    for (index, (_, attack)) in attacks::all().enumerate() {
        let mut dice = Dice::new(index as u64 + 1);
        check(&on, &off, &benign::search_with(&mut dice, attack));
        check(&on, &off, &benign::form_with(&mut dice, attack));
    }
}

#[test]
fn ordinary_requests_get_the_same_verdict_with_and_without_gates() {
    let (on, off) = pair();
    for seed in 0..150 {
        check(&on, &off, &benign::request(&mut Dice::new(seed + 77)));
    }
}

const PIECES: &[&str] = &[
    "'", "\"", "`", " or ", "1", "=", "<", ">", "script", "on", "load", "(", ")", ";", "--", "#", "/*", "*/", "union",
    " select ", "\\", "u0027", "%27", "&#x3c;", "&lt;", "../", "/etc/", "passwd", "${", "}", "{{", "jndi:", "\0", "\n",
    "é", "alert", "a", "Z", "_", ".", "|", "&", "$(", "cat", "x", "0x", "@@", "+", "%",
];

#[test]
fn random_values_get_the_same_verdict_with_and_without_gates() {
    let (on, off) = pair();
    for seed in 0..1_500 {
        let mut dice = Dice::new(seed + 5);
        let count = 1 + dice.below(14);
        let value: String = (0..count).map(|_| dice.pick(PIECES)).collect();
        check(&on, &off, &benign::form_with(&mut dice, &value));
    }
}
