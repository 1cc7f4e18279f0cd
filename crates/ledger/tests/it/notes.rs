//! Signed notes and checkpoints: the published vectors, and every refusal.

use crate::{ORIGIN, key};
use ledger::checkpoint::CheckpointError;
use ledger::note::{KeyError, NoteError, open};
use ledger::{Checkpoint, SigningKey, VerifyingKey};

// The key and note in the documentation of Go's sumdb/note, and the keys in its tests.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn vkey(text: &str) -> VerifyingKey {
    VerifyingKey::from_text(text).unwrap()
}

#[test]
fn the_published_note_opens_and_is_what_its_key_signs() {
    let opened = open(NOTE, &[vkey(ENOCH), vkey(PETER)]).unwrap();
    assert_eq!(opened.text, TEXT);
    assert_eq!(opened.signers, [vkey(PETER)]);
    let peter = SigningKey::from_secret_text(PETER_SECRET).unwrap();
    assert_eq!(peter.verifying_key().to_text(), PETER);
    assert_eq!(peter.secret_text().unwrap(), PETER_SECRET);
    assert_eq!(peter.sign(TEXT).unwrap(), NOTE);
}

#[test]
fn published_keys_read_and_write_the_same() {
    let specification = "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6";
    for text in [PETER, ENOCH, specification] {
        assert_eq!(vkey(text).to_text(), text);
    }
}

#[test]
fn a_damaged_key_is_refused() {
    for at in 0..PETER.len() {
        let mut bytes = PETER.as_bytes().to_vec();
        bytes[at] ^= 1;
        let text = String::from_utf8(bytes).unwrap();
        assert!(VerifyingKey::from_text(&text).is_err(), "{text}");
        assert!(VerifyingKey::from_text(&PETER[..at]).is_err(), "{}", &PETER[..at]);
    }
    let other_algorithm = "example.com/x+00000000+AhpcAAAA";
    assert_eq!(VerifyingKey::from_text(other_algorithm), Err(KeyError::OtherAlgorithm));
    assert_eq!(VerifyingKey::new("two words", [0; 32]), Err(KeyError::Name));
    assert_eq!(VerifyingKey::new("", [0; 32]), Err(KeyError::Name));
}

#[test]
fn a_secret_key_does_not_show_itself() {
    let shown = format!("{:?}", SigningKey::from_secret_text(PETER_SECRET).unwrap());
    assert!(!shown.contains("AYEKFALVFGyNhPJEMzD1QIDr"), "{shown}");
}

#[test]
fn every_changed_byte_of_a_note_is_refused() {
    for at in 0..NOTE.len() {
        for bit in 0..8 {
            let mut bytes = NOTE.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            assert!(open(&text, &[vkey(PETER)]).is_err(), "byte {at}: {text}");
        }
        if NOTE.is_char_boundary(at) {
            assert!(open(&NOTE[..at], &[vkey(PETER)]).is_err(), "cut at {at}");
        }
    }
}

#[test]
fn a_signature_by_a_stranger_is_passed_over_but_does_not_open() {
    let stranger = key();
    let both = stranger.cosign(NOTE).unwrap();
    assert_eq!(open(&both, &[vkey(PETER)]).unwrap().signers, [vkey(PETER)]);
    let two = [vkey(PETER), stranger.verifying_key().clone()];
    assert_eq!(open(&both, &two).unwrap().signers.len(), 2);
    let refused = open(NOTE, &[stranger.verifying_key().clone()]).unwrap_err();
    assert_eq!(refused, NoteError::NoKnownKey { signers: vec!["PeterNeumann".to_owned()] });
}

#[test]
fn a_wrong_signature_by_a_known_key_refuses_the_whole_note() {
    let elsewhere = key().sign("another text\n").unwrap();
    let line = elsewhere.split("\n\n").nth(1).unwrap();
    let forged = format!("{NOTE}{line}");
    let keys = [vkey(PETER), key().verifying_key().clone()];
    assert_eq!(open(&forged, &keys), Err(NoteError::WrongSignature(ORIGIN.to_owned())));
}

#[test]
fn sixteen_signatures_are_read_and_a_thousand_are_not() {
    let line = NOTE.split("\n\n").nth(1).unwrap();
    let with = |count: usize| format!("{TEXT}\n{}", line.repeat(count));
    assert_eq!(open(&with(16), &[vkey(PETER)]).unwrap().signers.len(), 1);
    assert_eq!(open(&with(1_000), &[vkey(PETER)]), Err(NoteError::Malformed("too many signatures")));
}

#[test]
fn the_specification_checkpoint_reads() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint = Checkpoint::from_text(text).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.to_text(), text);
    let extended = format!("{text}a further line\n");
    assert_eq!(Checkpoint::from_text(&extended).unwrap().extensions, ["a further line"]);
    assert_eq!(Checkpoint::from_text(&extended).unwrap().to_text(), extended);
}

#[test]
fn malformed_checkpoints_are_refused() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for text in [
        String::new(),
        "log\n1\n".to_owned(),
        format!("log\n1\n{root}"),
        format!("\n1\n{root}\n"),
        format!("log\n01\n{root}\n"),
        format!("log\n+1\n{root}\n"),
        format!("log\n-1\n{root}\n"),
        format!("log\n18446744073709551616\n{root}\n"),
        format!("log\n1\n{}\n", &root[4..]),
        format!("log\n1\n{}\n", root.trim_end_matches('=')),
        format!("log\n1\n{root}\n\n"),
        format!("log\n1\n{root}\n\nmore\n"),
    ] {
        assert!(matches!(Checkpoint::from_text(&text), Err(CheckpointError::Malformed(_))), "{text:?}");
    }
}

#[test]
fn a_checkpoint_of_another_log_is_refused() {
    let signed = Checkpoint::new("log.example/other", 1, [1; 32]).signed(&key()).unwrap();
    let keys = [key().verifying_key().clone()];
    let refused = Checkpoint::opened(&signed, ORIGIN, &keys).unwrap_err();
    assert_eq!(refused, CheckpointError::OtherLog("log.example/other".to_owned()));
    assert!(Checkpoint::opened(&signed, "log.example/other", &keys).is_ok());
}

#[test]
fn a_checkpoint_with_a_smuggled_line_is_not_signed() {
    assert!(Checkpoint::new("a\n9", 1, [1; 32]).signed(&key()).is_err());
    assert!(Checkpoint::new("", 1, [1; 32]).signed(&key()).is_err());
    assert!(Checkpoint::new("a\tb", 1, [1; 32]).signed(&key()).is_err());
}
