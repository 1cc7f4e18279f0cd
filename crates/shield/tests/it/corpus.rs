//! The rules of the house over the set that probes send.

use crate::benign::{self, Dice};
use shield::{Inspector, Settings, corpus};

const PLACES: [(&str, usize); 4] = [("search", 97), ("form", 96), ("record", 96), ("beside a note", 92)];

fn made(place: usize, dice: &mut Dice, text: &str) -> benign::Made {
    match place {
        0 => benign::search_with(dice, text),
        1 => benign::form_with(dice, text),
        2 => benign::record_with(dice, text, false),
        _ => benign::record_with(dice, text, true),
    }
}

#[test]
fn nearly_all_attacks_of_the_set_are_caught_wherever_they_stand() {
    let inspector = Inspector::built_in(Settings::default()).unwrap();
    for (place, (name, wanted)) in PLACES.into_iter().enumerate() {
        let (mut caught, mut total, mut missed) = (0, 0, Vec::new());
        for (index, (family, payload)) in corpus::attacks().enumerate() {
            let text = String::from_utf8_lossy(&payload).into_owned();
            total += 1;
            if made(place, &mut Dice::new(index as u64 + 7), &text).inspect(&inspector).blocks() {
                caught += 1;
            } else {
                missed.push(format!("{family}: {text}"));
            }
        }
        println!("{name}: {caught} of {total}");
        assert!(total > 400 && caught * 100 >= total * wanted, "{name}: {caught} of {total}: {missed:#?}");
    }
}

#[test]
fn no_ordinary_value_of_the_set_is_blocked_anywhere() {
    let inspector = Inspector::built_in(Settings::default()).unwrap();
    let mut blocked = Vec::new();
    for (index, value) in corpus::benign().enumerate() {
        let text = String::from_utf8(value).unwrap();
        for (place, (name, _)) in PLACES.into_iter().enumerate() {
            let verdict = made(place, &mut Dice::new(index as u64 + 7), &text).inspect(&inspector);
            if !verdict.hits.is_empty() {
                blocked.push((name, text.clone(), verdict.ids()));
            }
        }
    }
    assert!(blocked.is_empty(), "{blocked:#?}");
}
