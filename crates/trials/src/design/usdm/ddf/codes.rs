//! Codes: each from its code list, with the words of its term, and none twice.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Code, DESIGNS, Graph};
use super::{Must, Rules, Should, when};
use crate::design::standards::standards;

/// A rule that an attribute's codes come from a code list.
struct Listed(&'static str, &'static [&'static str], &'static str, &'static str, bool);

const CLOSED: bool = false;
const OPEN: bool = true;
const INTERVENTIONAL: &[&str] = &["InterventionalStudyDesign"];
const OBSERVATIONAL: &[&str] = &["ObservationalStudyDesign"];

/// Number, classes, attribute, code list, and whether the list may be extended.
const LISTED: [Listed; 32] = [
    Listed("DDF00051", &["Timing"], "type", "C201264", CLOSED),
    Listed("DDF00104", &["Timing"], "relativeToFrom", "C201265", CLOSED),
    Listed("DDF00110", &["EligibilityCriterion"], "category", "C66797", CLOSED),
    Listed("DDF00112", &["StudyIntervention"], "role", "C207417", CLOSED),
    Listed("DDF00128", &["StudyIntervention"], "type", "C99078", CLOSED),
    Listed("DDF00136", &["Encounter"], "contactModes", "C171445", OPEN),
    Listed("DDF00141", &["StudyDesignPopulation", "StudyCohort"], "plannedSex", "C66732", CLOSED),
    Listed("DDF00142", &["GovernanceDate"], "type", "C207413", OPEN),
    Listed("DDF00143", &["StudyAmendmentReason"], "code", "C207415", CLOSED),
    Listed("DDF00144", &["GeographicScope"], "type", "C207412", CLOSED),
    Listed("DDF00146", &["StudyTitle"], "type", "C207419", CLOSED),
    Listed("DDF00147", &["Objective"], "level", "C188725", CLOSED),
    Listed("DDF00148", &["Endpoint"], "level", "C188726", CLOSED),
    Listed("DDF00149", &["StudyArm"], "dataOriginType", "C188727", OPEN),
    Listed("DDF00150", &["Encounter"], "type", "C188728", OPEN),
    Listed("DDF00169", &["StudyDefinitionDocumentVersion"], "status", "C188723", CLOSED),
    Listed("DDF00175", &["Administration"], "frequency", "C71113", OPEN),
    Listed("DDF00176", &["Administration"], "route", "C66729", OPEN),
    Listed("DDF00179", &["AdministrableProduct"], "administrableDoseForm", "C66726", OPEN),
    Listed("DDF00200", &["Organization"], "type", "C188724", OPEN),
    Listed("DDF00210", &["AdministrableProduct"], "productDesignation", "C207418", CLOSED),
    Listed("DDF00214", INTERVENTIONAL, "intentTypes", "C66736", OPEN),
    Listed("DDF00215", INTERVENTIONAL, "subTypes", "C66739", OPEN),
    Listed("DDF00216", INTERVENTIONAL, "model", "C99076", OPEN),
    Listed("DDF00217", INTERVENTIONAL, "blindingSchema", "C66735", OPEN),
    Listed("DDF00218", &DESIGNS, "characteristics", "C207416", OPEN),
    Listed("DDF00223", OBSERVATIONAL, "model", "C127259", OPEN),
    Listed("DDF00224", OBSERVATIONAL, "timePerspective", "C127261", OPEN),
    Listed("DDF00225", OBSERVATIONAL, "samplingMethod", "C127260", OPEN),
    Listed("DDF00229", &DESIGNS, "studyPhase", "C66737", OPEN),
    Listed("DDF00230", &DESIGNS, "studyType", "C99077", CLOSED),
    Listed("DDF00233", &["Quantity"], "unit", "C71620", OPEN),
];

/// Rules that codes in an attribute differ from each other.
const DISTINCT: [(&str, &[&str], &str, &str); 10] = [
    (
        "DDF00032",
        &["StudyVersion"],
        "businessTherapeuticAreas",
        "Therapeutic areas of the business are named once each.",
    ),
    ("DDF00052", &["AliasCode"], "standardCodeAliases", "Aliases of a code are named once each."),
    ("DDF00054", &["Encounter"], "contactModes", "Contact modes of an encounter are named once each."),
    ("DDF00058", &["Indication"], "codes", "Codes of an indication are named once each."),
    ("DDF00059", &["StudyIntervention"], "codes", "Codes of an intervention are named once each."),
    ("DDF00156", &["Encounter"], "environmentalSettings", "Settings of an encounter are named once each."),
    ("DDF00219", &DESIGNS, "characteristics", "Characteristics of a design are named once each."),
    ("DDF00220", &DESIGNS, "subTypes", "Sub types of a design are named once each."),
    ("DDF00221", &DESIGNS, "therapeuticAreas", "Therapeutic areas of a design are named once each."),
    ("DDF00222", &DESIGNS, "intentTypes", "Intents of a design are named once each."),
];

/// The words of a list's terms for a code, and the code for words; none when the tables do not hold the list.
fn problem(list: &str, open: bool, code: &Code) -> Option<String> {
    let tables = standards();
    let same = |one: &str, other: &str| one.trim().eq_ignore_ascii_case(other.trim());
    let mut by_code = None;
    let mut by_words = None;
    if let Some(terms) = tables.ddf.get(list) {
        by_code = terms.get(code.code).map(|words| same(words, code.decode));
        by_words = terms.iter().find(|(_, words)| same(words, code.decode)).map(|(own, _)| own == code.code);
    } else {
        let terms = &tables.lists.values().find(|known| known.code == list)?.terms;
        let says = |term: &&crate::design::standards::Term| {
            same(&term.value, code.decode)
                || same(&term.preferred, code.decode)
                || term.synonyms.iter().any(|synonym| same(synonym, code.decode))
        };
        by_code = by_code.or(terms.iter().find(|term| term.code == code.code).map(|term| says(&term)));
        by_words = by_words.or(terms.iter().find(says).map(|term| term.code == code.code));
    }
    let shown = |text: &str| crate::design::words::cut(text, 60).0.to_owned();
    match (by_code, by_words) {
        (Some(true), _) | (_, Some(true)) => None,
        (Some(false), _) => Some(format!("{} does not mean \"{}\" in {list}.", shown(code.code), shown(code.decode))),
        (_, Some(false)) => {
            Some(format!("\"{}\" has another code than {} in {list}.", shown(code.decode), shown(code.code)))
        }
        (None, None) if open => None,
        (None, None) => Some(format!("{} is no term of {list}.", shown(code.code))),
    }
}

pub(super) fn run(graph: &Graph, rules: &mut Rules) {
    for Listed(name, classes, attribute, list, open) in &LISTED {
        let known = standards().ddf.contains_key(*list) || standards().lists.values().any(|known| known.code == *list);
        if known {
            rules.each(name, Must, "The code is a term of its code list.", graph.of(classes), |item| {
                item.codes(attribute).iter().find_map(|code| problem(list, *open, code))
            });
        }
    }
    for (name, classes, attribute, words) in DISTINCT {
        rules.each(name, Must, words, graph.of(classes), |item| {
            let codes: Vec<_> = item.codes(attribute).iter().map(|code| (code.system, code.code)).collect();
            when(codes.iter().collect::<BTreeSet<_>>().len() != codes.len())
        });
    }
    for (name, class, attribute, weight, words) in [
        ("DDF00090", &["Activity"][..], "bcCategoryIds", Must, "An activity names a category of concepts once."),
        ("DDF00167", &["StudyVersion"], "documentVersionIds", Must, "A version names a document version once."),
        ("DDF00197", &DESIGNS, "documentVersionIds", Should, "A design names a document version once."),
    ] {
        rules.each(name, weight, words, graph.of(class), |item| {
            let ids = item.ids(attribute);
            when(ids.iter().collect::<BTreeSet<_>>().len() != ids.len())
        });
    }
    systems(graph, rules);
    contradictions(graph, rules);
}

/// Within a version of a code system a code has one meaning; a study keeps to one version; versions are dates.
fn systems(graph: &Graph, rules: &mut Rules) {
    let codes: Vec<(&str, Code)> = graph
        .of(&["Code"])
        .filter_map(|item| {
            let code = Code {
                code: item.text("code"),
                decode: item.text("decode"),
                system: item.text("codeSystem"),
                version: item.text("codeSystemVersion"),
            };
            (!code.code.is_empty()).then_some((item.path.as_str(), code))
        })
        .collect();
    let mut meanings: BTreeMap<(&str, &str, &str), &str> = BTreeMap::new();
    let mut words: BTreeMap<(&str, &str, &str), &str> = BTreeMap::new();
    let mut versions: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut twice, mut mixed) = (Vec::new(), Vec::new());
    for (path, code) in &codes {
        let meaning = *meanings.entry((code.system, code.version, code.code)).or_insert(code.decode);
        let own = *words.entry((code.system, code.version, code.decode)).or_insert(code.code);
        if meaning != code.decode || own != code.code {
            twice.push(((*path).to_owned(), String::new()));
        }
        if *versions.entry(code.system).or_insert(code.version) != code.version {
            mixed.push(((*path).to_owned(), String::new()));
        }
    }
    let words = "Within a version of a code system, a code and its words belong together.";
    rules.came_out("DDF00035", Should, words, codes.len(), twice);
    // One finding for each system is enough: every later code of it differs for the same reason.
    mixed.truncate(versions.len());
    rules.came_out("DDF00073", Should, "A study uses one version of each code system.", codes.len(), mixed);
    let words = "The version of CDISC terminology is a date.";
    rules.each("DDF00155", Must, words, graph.of(&["Code"]), |item| {
        let date = item.text("codeSystemVersion");
        when(item.text("codeSystem").contains("cdisc.org") && crate::design::time::parse_date(date).is_none())
    });
}

/// Characteristics that exclude each other.
fn contradictions(graph: &Graph, rules: &mut Rules) {
    let says = |item: &super::Item, word: &str| {
        item.codes("characteristics")
            .iter()
            .any(|code| code.decode.to_lowercase().replace(['-', ' '], "").contains(word))
    };
    let words = "A design is not single-centre and multicentre at once.";
    rules.each("DDF00154", Must, words, graph.of(&DESIGNS), |item| {
        when(
            (says(item, "singlecentre") || says(item, "singlecenter"))
                && (says(item, "multicentre") || says(item, "multicenter")),
        )
    });
    rules.each(
        "DDF00257",
        Must,
        "A design is not in one country and in several at once.",
        graph.of(&DESIGNS),
        |item| when(says(item, "singlecountry") && says(item, "multiplecountries")),
    );
    let words = "A design is randomised, stratified, or both in one word.";
    rules.each("DDF00258", Should, words, graph.of(&DESIGNS), |item| {
        let kinds = item.codes("characteristics");
        let told = |code: &&Code| {
            let words = code.decode.to_lowercase();
            words == "randomized" || words == "stratification" || words.starts_with("stratified randomi")
        };
        when(kinds.iter().filter(told).count() > 1)
    });
}
