use seal::SealError;

use crate::house::{House, place, subject};

#[test]
fn a_destroyed_key_opens_nothing_in_any_hand() {
    let house = House::new(50);
    let sealed = house.subject.seal(&place(1), b"x", &house.outside).unwrap();
    let in_another_hand = house.subject.clone();
    house.subject.destroy();
    for key in [&house.subject, &in_another_hand] {
        assert_eq!(key.open(&place(1), &sealed), Err(SealError::Destroyed));
        assert_eq!(key.seal(&place(1), b"y", &house.outside), Err(SealError::Destroyed));
        assert_eq!(key.content_digest(&place(1), b"x"), Err(SealError::Destroyed));
    }
}

#[test]
fn without_the_wrapped_key_nothing_in_the_house_opens_the_record() {
    let house = House::new(51);
    let sealed = house.subject.seal(&place(1), b"x", &house.outside).unwrap();
    house.subject.destroy();
    // The wrapped key is gone; the person comes back and gets a new one.
    let (second_life, _) = house.tenant.new_subject(subject(1), &house.outside).unwrap();
    assert_eq!(second_life.open(&place(1), &sealed), Err(SealError::OtherKey));
    assert_eq!(house.tenant.own().open(&place(1), &sealed), Err(SealError::OtherKey));
    // Not even when the envelope claims to be sealed under the new key.
    let mut renamed = sealed;
    renamed[5..21].copy_from_slice(second_life.id().unwrap().as_bytes());
    assert_eq!(second_life.open(&place(1), &renamed), Err(SealError::WrongKey));
}

#[test]
fn destroying_one_persons_key_leaves_the_others() {
    let house = House::new(52);
    let (other, _) = house.tenant.new_subject(subject(2), &house.outside).unwrap();
    let sealed = other.seal(&place(1), b"x", &house.outside).unwrap();
    house.subject.destroy();
    assert_eq!(other.open(&place(1), &sealed).unwrap(), b"x");
}

#[test]
fn a_content_digest_cannot_be_made_again_after_destruction() {
    let house = House::new(53);
    let before = house.subject.content_digest(&place(1), b"x").unwrap();
    assert_eq!(house.reopened().content_digest(&place(1), b"x").unwrap(), before);
    house.subject.destroy();
    let (second_life, _) = house.tenant.new_subject(subject(1), &house.outside).unwrap();
    assert_ne!(second_life.content_digest(&place(1), b"x").unwrap(), before);
}
