use std::sync::LazyLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use model::RecordId;
use proptest::prelude::*;
use seal::{ENVELOPE_OVERHEAD, Environment, PLAIN_BYTES_MAX, Place, SealError, SubjectKey, WrappedKey, envelope_key};

use crate::house::{House, KIND, bit_flips, place, subject, tenant};

const PLAIN: &[u8] = b"caries on 36, patient anxious";

#[test]
fn a_sealed_record_opens_in_its_place_and_shows_nothing() {
    let house = House::new(1);
    let sealed = house.subject.seal(&place(1), PLAIN, &house.outside).unwrap();
    assert_eq!(sealed.len(), PLAIN.len() + ENVELOPE_OVERHEAD);
    assert!(!sealed.windows(6).any(|window| window == b"caries"));
    assert_eq!(house.reopened().open(&place(1), &sealed).unwrap(), PLAIN);
    assert_eq!(envelope_key(&sealed).unwrap(), house.wrapped_subject.id());
}

#[test]
fn the_same_text_sealed_twice_differs() {
    let house = House::new(2);
    let seal = || house.subject.seal(&place(1), PLAIN, &house.outside).unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn a_moved_ciphertext_does_not_open() {
    let house = House::new(3);
    let sealed = house.subject.seal(&place(1), PLAIN, &house.outside).unwrap();
    let elsewhere = [
        Place { kind: "practice.notes", ..place(1) },
        Place { kind: "", ..place(1) },
        Place { id: RecordId::from_bytes([8; 16]), ..place(1) },
        Place { version: 4, ..place(1) },
        Place { version: 0, ..place(1) },
    ];
    for elsewhere in elsewhere {
        assert_eq!(house.subject.open(&elsewhere, &sealed), Err(SealError::Broken), "{elsewhere:?}");
    }
    assert_eq!(house.subject.open(&place(2), &sealed), Err(SealError::OtherTenant));
    assert_eq!(house.subject.seal(&place(2), PLAIN, &house.outside), Err(SealError::OtherTenant));
}

#[test]
fn a_record_moved_to_another_person_or_tenant_does_not_open_under_their_key() {
    let house = House::new(4);
    let sealed = house.subject.seal(&place(1), PLAIN, &house.outside).unwrap();
    let (other_person, _) = house.tenant.new_subject(subject(2), &house.outside).unwrap();
    let (other_tenant, _) = house.environment.new_tenant(tenant(2), &house.outside).unwrap();
    let (stranger, _) = other_tenant.new_subject(subject(1), &house.outside).unwrap();
    assert_eq!(other_person.open(&place(1), &sealed), Err(SealError::OtherKey));
    assert_eq!(stranger.open(&place(2), &sealed), Err(SealError::OtherKey));
    assert_eq!(house.tenant.own().open(&place(1), &sealed), Err(SealError::OtherKey));
    assert_eq!(other_tenant.own().open(&place(2), &sealed), Err(SealError::OtherKey));
}

#[test]
fn the_wrong_key_under_the_right_name_fails_at_the_commitment() {
    let house = House::new(5);
    let (impostor, wrapped) = house.tenant.new_subject(subject(2), &house.outside).unwrap();
    let mut sealed = house.subject.seal(&place(1), PLAIN, &house.outside).unwrap();
    sealed[5..21].copy_from_slice(wrapped.id().as_bytes());
    assert_eq!(impostor.open(&place(1), &sealed), Err(SealError::WrongKey));
}

#[test]
fn the_tenants_own_key_and_a_subjects_key_are_apart() {
    let house = House::new(6);
    let sealed = house.tenant.own().seal(&place(1), PLAIN, &house.outside).unwrap();
    assert_eq!(house.tenant.own().open(&place(1), &sealed).unwrap(), PLAIN);
    assert_eq!(house.subject.open(&place(1), &sealed), Err(SealError::OtherKey));
}

#[test]
fn no_envelope_opens_with_any_bit_flipped() {
    let house = House::new(7);
    let sealed = house.subject.seal(&place(1), PLAIN, &house.outside).unwrap();
    for (bit, changed) in bit_flips(&sealed) {
        let error = house.subject.open(&place(1), &changed).unwrap_err();
        let right = match bit / 8 {
            0..4 => matches!(error, SealError::Malformed { .. }),
            4 => matches!(error, SealError::UnknownSuite(_)),
            5..21 => error == SealError::OtherKey,
            21..85 => error == SealError::WrongKey,
            _ => error == SealError::Broken,
        };
        assert!(right, "bit {bit}: {error:?}");
    }
}

#[test]
fn no_part_of_an_envelope_opens_and_none_with_something_added() {
    let house = House::new(8);
    let sealed = house.subject.seal(&place(1), PLAIN, &house.outside).unwrap();
    for len in 0..sealed.len() {
        assert!(house.subject.open(&place(1), &sealed[..len]).is_err(), "{len} bytes");
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert_eq!(house.subject.open(&place(1), &longer), Err(SealError::Broken));
}

#[test]
fn more_than_the_limit_is_refused_before_any_work() {
    let house = House::new(9);
    let large = vec![0u8; PLAIN_BYTES_MAX + 1];
    let expected = SealError::TooLarge { len: PLAIN_BYTES_MAX + 1, max: PLAIN_BYTES_MAX };
    assert_eq!(house.subject.seal(&place(1), &large, &house.outside), Err(expected));
}

/// The documentation of the formats, followed with nothing but HKDF and AES-GCM.
mod by_the_book {
    use super::*;

    struct Length(usize);

    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }

    fn fields(fields: &[&[u8]]) -> Vec<u8> {
        let with_length = |field: &&[u8]| [&(field.len() as u64).to_be_bytes(), *field].concat();
        fields.iter().flat_map(with_length).collect()
    }

    /// `body` is salt, commitment, ciphertext, tag.
    fn open_suite_1(key: &[u8], label: &str, aad: &[u8], body: &[u8]) -> Vec<u8> {
        let mut derived = [0u8; 76];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &body[..32]).extract(key);
        prk.expand(&[label.as_bytes()], Length(76)).unwrap().fill(&mut derived).unwrap();
        assert_eq!(derived[44..], body[32..64], "the commitment");
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &derived[..32]).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&derived[32..44]).unwrap();
        let mut sealed = body[64..].to_vec();
        cipher.open_in_place(nonce, Aad::from(aad), &mut sealed).unwrap().to_vec()
    }

    fn derive(key: &[u8], label: &str) -> [u8; 32] {
        let mut out = [0u8; 32];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"candor/derive/1").extract(key);
        prk.expand(&[label.as_bytes()], Length(32)).unwrap().fill(&mut out).unwrap();
        out
    }

    #[test]
    fn everything_opens_from_the_environment_key_down() {
        let house = House::new(10);
        let sealed = house.subject.seal(&place(1), PLAIN, &house.outside).unwrap();
        let own = house.tenant.own().seal(&place(1), b"prices", &house.outside).unwrap();

        let wrapped = house.wrapped_environment.as_bytes();
        let context = fields(&[b"candor/environment-key/1", &wrapped[..42], b"test"]);
        let environment = seal::KeyService::unwrap(house.service.as_ref(), &context, &wrapped[42..]).unwrap();

        let wrapped = house.wrapped_tenant.as_bytes();
        let aad = fields(&[b"candor/tenant-key/1", &wrapped[..42], b"test", &[1; 16]]);
        let tenant = open_suite_1(environment.expose(), "candor/wrap/tenant-key/1", &aad, &wrapped[42..]);
        assert_eq!(tenant.len(), 64);

        let wrapped = house.wrapped_subject.as_bytes();
        let aad = fields(&[b"candor/subject-key/1", &wrapped[..42], &[1; 16], &[1; 16]]);
        let subject = open_suite_1(&tenant[..32], "candor/wrap/subject-key/1", &aad, &wrapped[42..]);

        let aad = |sealed: &[u8]| {
            let version = 3u64.to_be_bytes();
            fields(&[b"candor/record/1", &[1; 16], KIND.as_bytes(), &[9; 16], &version, &sealed[5..21]])
        };
        assert_eq!(&sealed[..5], b"CnSR\x01");
        assert_eq!(open_suite_1(&subject, "candor/record/1", &aad(&sealed), &sealed[21..]), PLAIN);
        let own_key = derive(&tenant[..32], "candor/own-records/1");
        assert_eq!(open_suite_1(&own_key, "candor/record/1", &aad(&own), &own[21..]), b"prices");
    }
}

/// Made by the first version of the format; it opens for ever.
#[test]
fn an_envelope_of_the_first_format_opens() {
    let golden = include_str!("golden.txt");
    let lines: Vec<Vec<u8>> = golden.lines().map(|line| hex::decode(line).unwrap()).collect();
    let [environment, tenant_key, subject_key, sealed] = lines.as_slice() else { panic!("four lines") };
    let key = golden_key(environment, tenant_key, subject_key);
    assert_eq!(key.open(&place(1), sealed).unwrap(), PLAIN);
}

/// A key service with a fixed root that wraps by XOR: only for the golden envelope.
struct Fixed;

impl seal::KeyService for Fixed {
    fn name(&self) -> &str {
        "fixed"
    }

    fn wrap(&self, _: &[u8], key: &seal::KeyBytes, _: &dyn model::Outside) -> Result<Vec<u8>, SealError> {
        Ok(key.expose().iter().map(|byte| byte ^ 0x5a).collect())
    }

    fn unwrap(&self, _: &[u8], wrapped: &[u8]) -> Result<seal::KeyBytes, SealError> {
        let key: Vec<u8> = wrapped.iter().map(|byte| byte ^ 0x5a).collect();
        Ok(seal::KeyBytes::from_slice(&key).unwrap())
    }
}

fn golden_key(environment: &[u8], tenant_key: &[u8], subject_key: &[u8]) -> SubjectKey {
    let wrapped = |bytes: &[u8]| WrappedKey::from_bytes(bytes).unwrap();
    let environment = Environment::open(std::sync::Arc::new(Fixed), "golden", &wrapped(environment)).unwrap();
    let keys = environment.open_tenant(tenant(1), &[wrapped(tenant_key)]).unwrap();
    keys.open_subject(subject(1), &wrapped(subject_key)).unwrap()
}

/// Prints the golden lines; run it only to add a golden file for a new format, never to change an old one.
#[test]
#[ignore = "writes the lines of a golden file to standard output"]
fn print_a_golden_envelope() {
    let outside = crate::house::Seeded::new(0);
    let (environment, first) = Environment::create(std::sync::Arc::new(Fixed), "golden", &outside).unwrap();
    let (keys, second) = environment.new_tenant(tenant(1), &outside).unwrap();
    let (person, third) = keys.new_subject(subject(1), &outside).unwrap();
    let sealed = person.seal(&place(1), PLAIN, &outside).unwrap();
    for line in [first.as_bytes(), second.as_bytes(), third.as_bytes(), &sealed] {
        println!("{}", hex::encode(line));
    }
}

static HOUSE: LazyLock<House> = LazyLock::new(|| House::new(11));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_sealed_opens_equal(
        plain in proptest::collection::vec(any::<u8>(), 0..2000),
        kind in "[a-z.]{0,40}", id in any::<[u8; 16]>(), version in any::<u64>(),
    ) {
        let house = &*HOUSE;
        let place = Place { tenant: tenant(1), kind: &kind, id: RecordId::from_bytes(id), version };
        let sealed = house.subject.seal(&place, &plain, &house.outside).unwrap();
        prop_assert_eq!(house.subject.open(&place, &sealed).unwrap(), plain);
    }

    #[test]
    fn random_bytes_never_open_and_never_panic(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..110,
    ) {
        let house = &*HOUSE;
        prop_assert!(house.subject.open(&place(1), &bytes).is_err());
        // And behind a beginning that is right.
        let sealed = house.subject.seal(&place(1), PLAIN, &house.outside).unwrap();
        let tail = bytes.split_off(bytes.len().min(cut));
        let mixed = [&sealed[..cut], &tail].concat();
        prop_assert!(house.subject.open(&place(1), &mixed).is_err() || mixed == sealed);
        drop(envelope_key(&bytes));
    }
}
