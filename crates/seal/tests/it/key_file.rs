use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use seal::{Environment, KEY_FILE_BYTES, KeyFile, KeyFileProblem, Protection, SealError, Secret};

use crate::house::{Seeded, bit_flips};

fn passphrase() -> Protection {
    Protection::Passphrase(Secret::new("eleven purple molars"))
}

fn created(protection: &Protection) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    KeyFile::create(&path, protection, &Seeded::new(70)).unwrap();
    (folder, path)
}

fn problem(path: &Path, protection: &Protection) -> KeyFileProblem {
    match KeyFile::open(path, protection) {
        Err(SealError::KeyFile { problem, path: named }) if named == path => problem,
        other => panic!("expected a problem with the file, got {other:?}"),
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_file_opens_again_as_the_same_root() {
    for protection in [Protection::Owner, passphrase()] {
        let outside = Seeded::new(71);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let root = KeyFile::create(&path, &protection, &outside).unwrap();
        let (_, wrapped) = Environment::create(std::sync::Arc::new(root), "test", &outside).unwrap();
        let again = KeyFile::open(&path, &protection).unwrap();
        assert!(Environment::open(std::sync::Arc::new(again), "test", &wrapped).is_ok());
    }
}

#[test]
fn a_new_key_file_is_for_its_owner_alone() {
    for protection in [Protection::Owner, passphrase()] {
        let (_folder, path) = created(&protection);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(fs::read(&path).unwrap().len(), KEY_FILE_BYTES);
    }
}

#[test]
fn a_file_that_others_can_use_is_refused() {
    let (_folder, path) = created(&Protection::Owner);
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666] {
        set_mode(&path, mode);
        assert_eq!(problem(&path, &Protection::Owner), KeyFileProblem::OpenToOthers { mode });
    }
    for mode in [0o600, 0o400] {
        set_mode(&path, mode);
        assert!(KeyFile::open(&path, &Protection::Owner).is_ok());
    }
}

#[test]
fn a_key_file_is_never_overwritten() {
    let (_folder, path) = created(&Protection::Owner);
    let before = fs::read(&path).unwrap();
    let again = KeyFile::create(&path, &Protection::Owner, &Seeded::new(72));
    assert_eq!(again.unwrap_err(), SealError::KeyFile { path: path.clone(), problem: KeyFileProblem::Exists });
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_missing_file_a_folder_and_a_foreign_file_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(problem(&folder.path().join("none"), &Protection::Owner), KeyFileProblem::Missing);
    set_mode(folder.path(), 0o700);
    assert_eq!(problem(folder.path(), &Protection::Owner), KeyFileProblem::NotAFile);
    let path = folder.path().join("foreign");
    fs::write(&path, [b'x'; KEY_FILE_BYTES]).unwrap();
    set_mode(&path, 0o600);
    assert_eq!(problem(&path, &Protection::Owner), KeyFileProblem::NotAKeyFile);
}

#[test]
fn a_truncated_or_longer_file_is_refused_and_called_so() {
    let (_folder, path) = created(&Protection::Owner);
    let whole = fs::read(&path).unwrap();
    for len in 0..whole.len() {
        fs::write(&path, &whole[..len]).unwrap();
        let expected = KeyFileProblem::Truncated { len, expected: KEY_FILE_BYTES };
        assert_eq!(problem(&path, &Protection::Owner), expected);
    }
    fs::write(&path, [whole.as_slice(), b"\n"].concat()).unwrap();
    assert_eq!(problem(&path, &Protection::Owner), KeyFileProblem::TooLong { expected: KEY_FILE_BYTES });
}

#[test]
fn a_changed_file_is_refused_whatever_bit_changed() {
    let (_folder, path) = created(&Protection::Owner);
    let whole = fs::read(&path).unwrap();
    for (bit, changed) in bit_flips(&whole) {
        fs::write(&path, &changed).unwrap();
        let problem = problem(&path, &Protection::Owner);
        let right = match bit / 8 {
            0..8 => problem == KeyFileProblem::NotAKeyFile,
            8 => matches!(problem, KeyFileProblem::UnknownFormat(_)),
            // A protection that turned into "passphrase" has no parameters; the words say that the file was changed.
            9 => matches!(problem, KeyFileProblem::Changed | KeyFileProblem::OutOfBounds),
            _ => problem == KeyFileProblem::Changed,
        };
        assert!(right, "bit {bit}: {problem:?}");
    }
}

#[test]
fn a_changed_file_with_a_passphrase_is_refused() {
    let (_folder, path) = created(&passphrase());
    let whole = fs::read(&path).unwrap();
    // One bit in every field: each try costs a whole Argon2.
    for byte in [9, 13, 17, 21, 22, 38, 54, 86, 118, 165] {
        let mut changed = whole.clone();
        changed[byte] ^= 1;
        fs::write(&path, &changed).unwrap();
        let problem = problem(&path, &passphrase());
        assert!(
            matches!(problem, KeyFileProblem::WrongPassphrase | KeyFileProblem::Changed | KeyFileProblem::OutOfBounds),
            "byte {byte}: {problem:?}"
        );
    }
}

#[test]
fn a_file_that_asks_for_all_memory_is_refused_at_once() {
    let (_folder, path) = created(&passphrase());
    let mut bytes = fs::read(&path).unwrap();
    bytes[10..14].copy_from_slice(&u32::MAX.to_be_bytes());
    fs::write(&path, &bytes).unwrap();
    assert_eq!(problem(&path, &passphrase()), KeyFileProblem::OutOfBounds);
}

#[test]
fn the_wrong_protection_is_refused_with_words() {
    let (_folder, path) = created(&passphrase());
    let wrong = Protection::Passphrase(Secret::new("eleven purple molar"));
    assert_eq!(problem(&path, &wrong), KeyFileProblem::WrongPassphrase);
    assert!(matches!(problem(&path, &Protection::Owner), KeyFileProblem::OtherProtection(_)));
    let (_folder, path) = created(&Protection::Owner);
    assert!(matches!(problem(&path, &passphrase()), KeyFileProblem::OtherProtection(_)));
}

#[test]
fn a_passphrase_that_protects_nothing_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    for short in ["", "1234567"] {
        let made = KeyFile::create(&path, &Protection::Passphrase(Secret::new(short)), &Seeded::new(73));
        assert!(matches!(
            made.unwrap_err(),
            SealError::KeyFile { problem: KeyFileProblem::PassphraseLength { .. }, .. }
        ));
        assert!(!path.exists());
    }
}

#[test]
fn the_words_name_the_file_and_what_to_do() {
    let (_folder, path) = created(&Protection::Owner);
    set_mode(&path, 0o644);
    let words = KeyFile::open(&path, &Protection::Owner).unwrap_err().to_string();
    assert!(words.contains(path.to_str().unwrap()) && words.contains("0644") && words.contains("chmod 600"), "{words}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_are_no_key_file_and_never_panic(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        for start in [&b""[..], b"CandorKF", b"CandorKF\x01\x00", b"CandorKF\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"] {
            fs::write(&path, [start, &tail].concat()).unwrap();
            set_mode(&path, 0o600);
            prop_assert!(KeyFile::open(&path, &Protection::Owner).is_err());
        }
    }
}
