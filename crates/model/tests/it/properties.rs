use model::{Bucket, Kind, RecordId, Search, SearchValue, Time};
use proptest::prelude::*;

use crate::samples::{Account, Invitation};

/// The moments that people write: from the year 0000 to 9999-12-30T22:00:00Z, the last that has a text.
const FIRST: i64 = -62_167_219_200_000_000;
const LAST: i64 = 253_402_207_200_000_000;

fn moment() -> impl Strategy<Value = Time> {
    (FIRST..=LAST).prop_map(Time::from_micros)
}

fn id() -> impl Strategy<Value = RecordId> {
    any::<[u8; 16]>().prop_map(RecordId::from_bytes)
}

fn account() -> impl Strategy<Value = Account> {
    let names = (".*", ".*", ".*", ".*");
    (names, any::<i64>(), proptest::option::of(id()), proptest::collection::vec(".*", 0..4)).prop_map(
        |((email, name, born, verifier), opened, practitioner, roles)| Account {
            email,
            name,
            born,
            opened: Time::from_micros(opened),
            practitioner,
            roles,
            verifier,
        },
    )
}

fn form(value: &impl SearchValue, search: Search) -> String {
    value.forms(search).pop().unwrap()
}

proptest! {
    #[test]
    fn a_moment_survives_its_text(time in moment()) {
        prop_assert_eq!(time.to_string().parse(), Ok(time));
        prop_assert_eq!(time.to_string().len(), 27);
        prop_assert!(time.to_string().starts_with(&time.date()));
    }

    #[test]
    fn no_number_of_microseconds_breaks_a_moment(micros in any::<i64>(), seconds in any::<i64>(), other in any::<i64>()) {
        let time = Time::from_micros(micros);
        prop_assert_eq!(time.micros(), micros);
        prop_assert!(!time.to_string().is_empty());
        prop_assert!(time.seconds() <= micros / 1_000_000);
        prop_assert!(time.plus_seconds(seconds.saturating_abs()) >= time);
        prop_assert!(time.plus_seconds(seconds.saturating_abs().saturating_neg()) <= time);
        let other = Time::from_micros(other);
        prop_assert_eq!(time.seconds_since(other) < 0, time < other);
    }

    #[test]
    fn seconds_go_forth_and_back(time in moment(), seconds in -10_000_000_000_i64..10_000_000_000) {
        prop_assert_eq!(time.plus_seconds(seconds).seconds_since(time), seconds);
        prop_assert_eq!(time.plus_seconds(seconds).plus_seconds(-seconds), time);
    }

    #[test]
    fn a_text_that_is_no_moment_is_refused_without_a_panic(text in ".*") {
        if let Ok(time) = text.parse::<Time>() {
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }
    }

    #[test]
    fn moments_in_order_have_forms_in_order(one in any::<i64>(), other in any::<i64>(), near in -3_i64..3) {
        for other in [other, one.saturating_add(near)] {
            let (earlier, later) = (Time::from_micros(one.min(other)), Time::from_micros(one.max(other)));
            let (first, second) = (form(&earlier, Search::Ordered), form(&later, Search::Ordered));
            prop_assert_eq!((first.len(), second.len()), (27, 27));
            prop_assert!(first <= second);
        }
    }

    #[test]
    fn different_moments_that_people_write_have_different_forms(one in moment(), other in moment()) {
        let compared = form(&one, Search::Ordered).cmp(&form(&other, Search::Ordered));
        prop_assert_eq!(compared, one.cmp(&other));
    }

    #[test]
    fn numbers_in_order_have_forms_in_order(one in any::<u64>(), other in any::<u64>(), small in any::<u32>()) {
        prop_assert_eq!(form(&one, Search::Ordered).cmp(&form(&other, Search::Ordered)), one.cmp(&other));
        prop_assert_eq!(form(&one, Search::Ordered).cmp(&form(&small, Search::Ordered)), one.cmp(&u64::from(small)));
        prop_assert_eq!(form(&one, Search::Exact), one.to_string());
    }

    #[test]
    fn only_a_day_of_the_calendar_falls_into_a_bucket(year in 0..10_000, month in 0..14, day in 0..33, noise in ".*") {
        let text = format!("{year:04}-{month:02}-{day:02}");
        let real = i16::try_from(year).is_ok_and(|year| {
            jiff::civil::Date::new(year, i8::try_from(month).unwrap(), i8::try_from(day).unwrap()).is_ok()
        });
        let bucket = Search::Bucket(Bucket::Day);
        prop_assert_eq!(text.forms(bucket), if real { vec![text.clone()] } else { Vec::new() });
        prop_assert_eq!(text[..7].forms(bucket).len(), usize::from((1..=12).contains(&month)));
        prop_assert_eq!(text[..4].forms(bucket).len(), 1);
        let noisy = text.clone() + &noise;
        prop_assert!(noisy.forms(bucket).iter().all(|form| *form == text));
    }

    #[test]
    fn an_id_survives_its_text(id in id()) {
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert_eq!(RecordId::from_bytes(*id.as_bytes()), id);
        prop_assert_eq!(RecordId::from_foreign(&id.to_string(), || unreachable!("a UUID needs no digest")), id);
    }

    #[test]
    fn a_foreign_name_becomes_a_uuid_of_version_8(text in "[A-Za-z0-9.-]{1,64}", digest in any::<[u8; 32]>()) {
        prop_assume!(text.len() != 36);
        let id = RecordId::from_foreign(&text, || digest);
        prop_assert_eq!(id.uuid().get_version_num(), 8);
        prop_assert_eq!(id.uuid().get_variant(), uuid::Variant::RFC4122);
        prop_assert_eq!(RecordId::from_foreign(&text, || digest), id);
        // All but the six bits of version and variant are the digest's.
        let (made, given) = (u128::from_be_bytes(*id.as_bytes()), u128::from_be_bytes(*digest.first_chunk().unwrap()));
        prop_assert_eq!((made ^ given) & !(0xf << 76 | 0x3 << 62), 0);
    }

    #[test]
    fn a_record_survives_its_body(account in account()) {
        let body = account.encode().unwrap();
        prop_assert_eq!(Account::decode(3, &body), Ok(account));
    }

    #[test]
    fn no_body_makes_decoding_panic(body in any::<Vec<u8>>(), text in "[\\[\\]{}\":,a-z0-9 ]*", version in 0_u16..6) {
        for body in [body.as_slice(), text.as_bytes()] {
            prop_assert!(Account::decode(version, body).is_err());
            prop_assert!(Invitation::decode(version, body).is_err());
        }
    }

    #[test]
    fn a_secret_is_in_no_term(account in account(), secret in "[0-9a-f]{32}") {
        let holder = Account { verifier: secret.clone(), ..account };
        prop_assert!(holder.terms().iter().all(|term| term.field != "verifier" && !term.value.contains(&secret)));
    }
}
