use seal::{KeyBytes, Secret, same, sha256, token, token_digest};

use crate::house::Seeded;

#[test]
fn a_token_is_opaque_and_found_by_its_digest() {
    let outside = Seeded::new(80);
    let (text, digest) = token(&outside);
    let shown = text.expose_text().unwrap();
    assert_eq!(shown.len(), 43);
    assert!(shown.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    assert_eq!(digest, token_digest(shown.as_bytes()));
    assert_eq!(digest, sha256(shown.as_bytes()));
    let (another, other_digest) = token(&outside);
    assert!(!text.is_same_as(&another));
    assert_ne!(digest, other_digest);
}

#[test]
fn equality_is_of_all_bytes() {
    assert!(same(b"", b""));
    assert!(same(b"abc", b"abc"));
    assert!(!same(b"abc", b"abd"));
    assert!(!same(b"abc", b"abcd"));
    assert!(!same(b"abc", b""));
}

#[test]
fn a_secret_gives_back_what_it_was_given() {
    let secret = Secret::from(String::from("pässword"));
    assert_eq!(secret.expose_text(), Some("pässword"));
    assert_eq!((secret.len(), secret.is_empty()), (9, false));
    assert!(secret.is_same_as(&Secret::new("pässword")));
    assert_eq!(Secret::new(vec![0xff]).expose_text(), None);
}

#[test]
fn a_key_has_thirty_two_bytes() {
    assert!(KeyBytes::from_slice(&[1; 32]).is_some_and(|key| key.expose() == &[1; 32]));
    assert!(KeyBytes::from_slice(&[1; 31]).is_none());
    assert!(KeyBytes::from_slice(&[1; 33]).is_none());
}
