//! Rules about dates, amendments and products.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Graph, Item};
use super::study::says;
use super::{Must, Rules, Should, when};

pub(super) fn dates(graph: &Graph, rules: &mut Rules) {
    let global = |scope: &Item| says(scope, "type", "C68846", "Global");
    for (twice, alone, class) in
        [("DDF00093", "DDF00094", "StudyVersion"), ("DDF00181", "DDF00182", "StudyDefinitionDocumentVersion")]
    {
        let words = "A date of a kind is given once for a place.";
        rules.each(twice, Must, words, graph.of(&[class]), |item| {
            let mut seen = BTreeSet::new();
            let mut again = false;
            for date in graph.within(item, "dateValues") {
                let kind = date.codes("type").first().map_or("", |code| code.code);
                for scope in graph.within(date, "geographicScopes") {
                    let place = scope.codes("code").first().map_or("", |code| code.code);
                    let of = scope.codes("type").first().map_or("", |code| code.code);
                    again |= !seen.insert((kind, of, place));
                }
            }
            when(again)
        });
        let words = "A date that holds everywhere is the only one of its kind.";
        rules.each(alone, Should, words, graph.of(&[class]), |item| {
            let mut count: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
            for date in graph.within(item, "dateValues") {
                let kind = count.entry(date.codes("type").first().map_or("", |code| code.code)).or_default();
                kind.0 += 1;
                kind.1 |= graph.within(date, "geographicScopes").any(global);
            }
            when(count.values().any(|(dates, global)| *global && *dates > 1))
        });
    }
    let scopes = || graph.of(&["GeographicScope"]);
    rules.each("DDF00261", Should, "A place has a code, and the whole world none.", scopes(), |item| {
        when(global(item) == item.has("code"))
    });
    rules.each(
        "DDF00151",
        Must,
        "The whole world is named alone.",
        graph.of(&["GovernanceDate", "StudyAmendment"]),
        |item| {
            let all: Vec<&Item> = graph.within(item, "geographicScopes").collect();
            when(all.len() > 1 && all.iter().any(|scope| global(scope)))
        },
    );
}

pub(super) fn amendments(graph: &Graph, rules: &mut Rules) {
    let reasons = || graph.of(&["StudyAmendmentReason"]);
    rules.each(
        "DDF00020",
        Must,
        "A reason that is another one is told in words, and only such a one.",
        reasons(),
        |item| when(says(item, "code", "C17649", "Other") != item.has("otherReason")),
    );
    rules.each(
        "DDF00255",
        Should,
        "The first reason of an amendment applies.",
        reasons().filter(|one| one.slot == "primaryReason"),
        |item| when(says(item, "code", "C48660", "Not Applicable")),
    );
    rules.each("DDF00256", Should, "A reason of an amendment is given once.", graph.of(&["StudyAmendment"]), |item| {
        let primary = graph.within(item, "primaryReason").flat_map(|one| one.codes("code")).next()?;
        let other =
            |one: &Item| one.codes("code").iter().any(|code| code.code == primary.code && code.code != "C17649");
        when(graph.within(item, "secondaryReasons").any(other))
    });
    rules.each(
        "DDF00196",
        Must,
        "A section's number and title go together in an amendment.",
        graph.of(&["StudyAmendment"]),
        |item| {
            let sections = graph.below(item, &["StudyDefinitionDocumentContentReference"]);
            let (mut titles, mut numbers) = (BTreeMap::new(), BTreeMap::new());
            let apart = |section: &Item| {
                let (number, title) =
                    (section.text("sectionNumber").to_owned(), section.text("sectionTitle").to_owned());
                let document = section.text("appliesToId").to_owned();
                let own = titles.entry((document.clone(), number.clone())).or_insert_with(|| title.clone()).clone();
                let back = numbers.entry((document, title.clone())).or_insert_with(|| number.clone()).clone();
                own != title || back != number
            };
            when(sections.into_iter().map(apart).fold(false, |any, one| any | one))
        },
    );
    let documents = || graph.of(&["StudyDefinitionDocumentVersion"]);
    let used: BTreeSet<&str> = graph.items.iter().flat_map(|item| item.ids("documentVersionIds")).collect();
    rules.each("DDF00198", Should, "A document version belongs to a study version or a design.", documents(), |item| {
        when(!used.contains(item.id))
    });
}

pub(super) fn products(graph: &Graph, rules: &mut Rules) {
    let embedded: BTreeSet<&str> =
        graph.of(&["MedicalDevice"]).map(|device| device.text("embeddedProductId")).collect();
    let given: BTreeSet<&str> = graph.of(&["Administration"]).map(|one| one.text("administrableProductId")).collect();
    rules.each(
        "DDF00205",
        Must,
        "A product is given by itself or within a device.",
        graph.of(&["Administration"]),
        |item| {
            let device = graph.named_as(item.text("medicalDeviceId"), &["MedicalDevice"])?;
            when(
                item.has("administrableProductId")
                    && device.text("embeddedProductId") == item.text("administrableProductId"),
            )
        },
    );
    let words = "A product that is only embedded has no sourcing of its own.";
    rules.each("DDF00206", Must, words, graph.of(&["AdministrableProduct"]), |item| {
        when(item.has("sourcing") && embedded.contains(item.id) && !given.contains(item.id))
    });
    let roles = || graph.of(&["ProductOrganizationRole"]);
    rules.each("DDF00211", Should, "A role for a product names the product.", roles(), |item| {
        when(!item.has("appliesToIds"))
    });
    rules.each("DDF00212", Must, "A role for a product names products and devices.", roles(), |item| {
        let things = ["MedicalDevice", "AdministrableProduct"];
        when(item.ids("appliesToIds").iter().any(|id| graph.named_as(id, &things).is_none()))
    });
    rules.each(
        "DDF00253",
        Must,
        "A reference substance has no reference of its own.",
        graph.of(&["Substance"]),
        |item| when(item.slot == "referenceSubstance" && item.has("referenceSubstance")),
    );
}
