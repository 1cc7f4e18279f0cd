//! The fields of each domain's form: which the guide asks for, which this study needs, and our own words for them.

use super::form::{Choice, Choices, Destination, Field, FieldKind};
use super::standards::{CdashField, standards};
use super::words::oid;

/// How the form of a domain is built.
pub(crate) struct Layout {
    pub(crate) domain: &'static str,
    pub(crate) scenario: &'static str,
    /// Asked once on top.
    pub(crate) head: &'static [&'static str],
    /// Asked for each record.
    pub(crate) body: &'static [&'static str],
    pub(crate) log: bool,
    pub(crate) title: &'static str,
}

const fn layout(
    domain: &'static str,
    scenario: &'static str,
    head: &'static [&'static str],
    body: &'static [&'static str],
    log: bool,
    title: &'static str,
) -> Layout {
    Layout { domain, scenario, head, body, log, title }
}

const LAYOUTS: &[Layout] = &[
    layout("SV", "", &["VISDAT"], &[], false, "Visit"),
    layout(
        "DM",
        "Birth date collection using a single date field",
        &["DMDAT", "BRTHDAT", "SEX", "RACE", "ETHNIC"],
        &[],
        false,
        "Demographics",
    ),
    layout("IE", "", &["IEYN"], &["IECAT", "IETESTCD", "IEORRES"], true, "Inclusion and Exclusion Criteria"),
    layout(
        "DS",
        "PROTOCOL MILESTONE/OTHER EVENT",
        &["DSCAT", "DSDECOD", "DSTERM", "DSSTDAT"],
        &[],
        false,
        "Protocol Milestone",
    ),
    layout("MH", "", &["MHYN"], &["MHCAT", "MHTERM", "MHSTDAT", "MHONGO", "MHENDAT"], true, "Medical History"),
    layout(
        "CM",
        "",
        &["CMYN"],
        &["CMTRT", "CMINDC", "CMDSTXT", "CMDOSU", "CMROUTE", "CMSTDAT", "CMONGO", "CMENDAT"],
        true,
        "Concomitant Medications",
    ),
    layout(
        "AE",
        "",
        &["AEYN"],
        &[
            "AETERM", "AESTDAT", "AEENDAT", "AESEV", "AESER", "AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG",
            "AESMIE", "AEREL", "AEACN", "AEOUT",
        ],
        true,
        "Adverse Events",
    ),
    layout(
        "EX",
        "",
        &["EXYN"],
        &["EXTRT", "EXDSTXT", "EXDOSU", "EXDOSFRM", "EXDOSFRQ", "EXROUTE", "EXSTDAT", "EXENDAT"],
        true,
        "Study Treatment",
    ),
    layout("VS", "", &["VSPERF", "VSDAT", "VSTIM", "VSTPT", "VSPOS"], &[], false, "Vital Signs"),
    layout("EG", "Local Reading", &["EGPERF", "EGDAT", "EGTIM", "EGTPT"], &[], false, "Electrocardiogram"),
    layout(
        "LB",
        "Local Processing",
        &["LBPERF", "LBDAT", "LBTIM", "LBCAT", "LBFAST", "LBTPT"],
        &[],
        false,
        "Laboratory Tests",
    ),
    layout(
        "LB+",
        "Central Processing",
        &["LBPERF", "LBDAT", "LBTIM", "LBCAT", "LBFAST", "LBREFID"],
        &[],
        false,
        "Laboratory Specimen",
    ),
    layout(
        "PC",
        "PK Sample Collection at Fixed Time Points",
        &["PCPERF", "PCDAT", "PCTIM", "PCTPT", "PCSPEC"],
        &[],
        false,
        "Pharmacokinetic Sample",
    ),
    layout("PE", "PE-Traditional", &["PEPERF", "PEDAT"], &["PETEST", "PERES", "PEDESC"], true, "Physical Examination"),
    layout("SU", "", &["SUYN"], &["SUTRT", "SUSTDAT", "SUENDAT"], true, "Substance Use"),
    layout("PR", "", &["PRYN"], &["PRTRT", "PRSTDAT", "PRENDAT"], true, "Procedures"),
    layout("CE", "", &["CEYN"], &["CETERM", "CESTDAT", "CEENDAT"], true, "Clinical Events"),
    layout("HO", "", &["HOYN"], &["HOTERM", "HOSTDAT", "HOENDAT"], true, "Healthcare Encounters"),
    layout("ML", "", &["MLYN"], &["MLTRT", "MLSTDAT", "MLENDAT"], true, "Meals"),
    layout("DA", "", &["DAPERF", "DADAT"], &["DATEST", "DAORRES", "DAORRESU"], true, "Drug Accountability"),
    layout("QS", "", &["QSPERF", "QSDAT", "QSCAT"], &[], false, "Questionnaire"),
    layout("FT", "", &["FTPERF", "FTDAT", "FTCAT"], &[], false, "Functional Test"),
    layout("RS", "", &["RSPERF", "RSDAT", "RSCAT"], &[], false, "Clinical Classification"),
    layout("GF", "", &["GFPERF", "GFDAT", "GFREFID"], &[], false, "Genetic Sample"),
    layout("IS", "", &["ISPERF", "ISDAT", "ISREFID"], &[], false, "Immunogenicity Sample"),
    layout("BE", "", &["BETERM", "BESTDAT", "BEREFID"], &[], false, "Biospecimen"),
];

/// The layout of a domain's form; `LB+` is the form for a specimen whose results a laboratory sends.
pub(crate) fn layout_of(domain: &str) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| layout.domain == domain)
}

/// A field of the guide for a form.
pub(crate) fn field(form: &str, domain: &str, scenario: &str, name: &str) -> Field {
    let fallback = CdashField {
        scenario: String::new(),
        name: name.to_owned(),
        label: own_label(domain, name),
        core: "O".to_owned(),
        codelists: own_list(name),
        targets: own_targets(domain, name),
    };
    let listed = standards().cdash.get(domain).map_or(&[] as &[CdashField], Vec::as_slice);
    let found = listed.iter().find(|field| field.name == name && field.scenario == scenario);
    let found = found.or_else(|| listed.iter().find(|field| field.name == name));
    let reference = match found {
        Some(_) => format!("CDASHIG {} {domain}.{name}", super::standards::CDASHIG),
        None => format!("CDASH model {name}"),
    };
    let known = found.unwrap_or(&fallback);
    let choices = choices(name, &known.codelists);
    let kind = kind(name, choices.is_some());
    let destinations = known
        .targets
        .iter()
        .filter(|target| standards().variable(domain, target).is_some() && target.as_str() != "EPOCH")
        .filter(|target| !(target.ends_with("STRF") || target.ends_with("ENRF") || target.ends_with("STTPT")))
        .map(|variable| Destination {
            dataset: domain.to_owned(),
            variable: variable.clone(),
            testcd: if name.ends_with("PERF") { format!("{domain}ALL") } else { String::new() },
            fixed: match name.get(2..) {
                Some("PERF") => "NOT DONE".to_owned(),
                Some("ONGO") => "ONGOING".to_owned(),
                _ => String::new(),
            },
        })
        .collect();
    Field {
        oid: format!("IT.{form}.{}", oid(name)),
        name: name.to_owned(),
        variable: name.to_owned(),
        prompt: known.label.clone(),
        question: question(domain, name, &known.label),
        hint: hint(kind).to_owned(),
        kind,
        length: length(kind, choices.as_ref()),
        digits: 0,
        core: known.core.clone(),
        reference,
        required: required(name, &known.core),
        choices,
        unit: String::new(),
        range: None,
        fixed: String::new(),
        destinations,
        testcd: String::new(),
    }
}

/// A yes/no question on top, a topic or a date is never left open; the rest may be.
fn required(name: &str, core: &str) -> bool {
    let tail = name.get(2..).unwrap_or("");
    name == "VISDAT"
        || matches!(tail, "YN" | "PERF" | "TERM" | "TRT" | "STDAT" | "TESTCD")
        || (core == "HR" && tail == "ORRES")
}

pub(crate) fn length(kind: FieldKind, choices: Option<&Choices>) -> usize {
    match kind {
        FieldKind::Text => 200,
        FieldKind::Integer => 5,
        FieldKind::Decimal => 10,
        FieldKind::Date => 10,
        FieldKind::Time => 5,
        FieldKind::Choice => {
            choices.map_or(1, |choices| choices.choices.iter().map(|choice| choice.value.len()).max().unwrap_or(1))
        }
    }
}

fn kind(name: &str, chosen: bool) -> FieldKind {
    if chosen {
        FieldKind::Choice
    } else if name.ends_with("DAT") {
        FieldKind::Date
    } else if name.ends_with("TIM") {
        FieldKind::Time
    } else {
        FieldKind::Text
    }
}

fn own_label(domain: &str, name: &str) -> String {
    let topic = standards().datasets.get(domain).map_or("", |kind| kind.label.as_str());
    match name.get(2..).unwrap_or("") {
        "SDAT" => "Visit Date".to_owned(),
        "PERF" => format!("{topic} Performed"),
        "DAT" => format!("{topic} Date"),
        "STDAT" => format!("{topic} Start Date"),
        "CAT" => format!("Category of {topic}"),
        "REFID" => "Specimen Identifier".to_owned(),
        "TERM" => format!("{topic} Reported Term"),
        _ => name.to_owned(),
    }
}

fn own_list(name: &str) -> Vec<String> {
    if name.ends_with("PERF") { vec!["C66742".to_owned()] } else { Vec::new() }
}

fn own_targets(domain: &str, name: &str) -> Vec<String> {
    let target = match name.get(2..).unwrap_or("") {
        "SDAT" => "SVSTDTC".to_owned(),
        "PERF" => format!("{domain}STAT"),
        "DAT" => format!("{domain}DTC"),
        "STDAT" => format!("{domain}STDTC"),
        "ENDAT" => format!("{domain}ENDTC"),
        _ => name.to_owned(),
    };
    vec![target]
}

/// Parts of large lists that forms offer.
const SUBSETS: &[(&str, &[&str])] = &[
    ("UNIT", &["mg", "g", "ug", "mL", "IU", "TABLET", "CAPSULE", "PATCH", "PUFF"]),
    ("FRM", &["TABLET", "CAPSULE", "SOLUTION", "INJECTION", "CREAM", "PATCH", "POWDER", "SPRAY"]),
    ("FREQ", &["QD", "BID", "TID", "QID", "PRN", "ONCE", "QOD", "QS"]),
    (
        "ROUTE",
        &[
            "ORAL",
            "INTRAVENOUS",
            "INTRAMUSCULAR",
            "SUBCUTANEOUS",
            "TOPICAL",
            "TRANSDERMAL",
            "NASAL",
            "RESPIRATORY (INHALATION)",
        ],
    ),
    ("NY", &["Y", "N"]),
    ("ND", &["NOT DONE"]),
    ("POSITION", &["SUPINE", "SITTING", "STANDING", "SEMI-RECUMBENT"]),
    ("SPECTYPE", &["PLASMA", "SERUM", "BLOOD", "URINE"]),
    ("ACN", &["DOSE NOT CHANGED", "DOSE REDUCED", "DRUG INTERRUPTED", "DRUG WITHDRAWN", "NOT APPLICABLE", "UNKNOWN"]),
    (
        "NCOMPLT",
        &[
            "COMPLETED",
            "ADVERSE EVENT",
            "DEATH",
            "LACK OF EFFICACY",
            "LOST TO FOLLOW-UP",
            "PHYSICIAN DECISION",
            "PROTOCOL DEVIATION",
            "WITHDRAWAL BY SUBJECT",
        ],
    ),
];

/// The values of a field's list: all of a short list, the useful part of a long one.
pub(crate) fn choices(name: &str, lists: &[String]) -> Option<Choices> {
    if name == "IETESTCD" || name.ends_with("TESTCD") || name.ends_with("TEST") {
        return None;
    }
    if name == "AEREL" || name == "PERES" {
        let own: &[&str] = if name == "AEREL" { &["NOT RELATED", "RELATED"] } else { &["NORMAL", "ABNORMAL"] };
        let choice = |value: &&str| Choice { value: (*value).to_owned(), text: sentence(value), code: String::new() };
        return Some(Choices { list: String::new(), name: name.to_owned(), choices: own.iter().map(choice).collect() });
    }
    let list = lists.iter().find_map(|list| standards().list(list))?;
    let subset = SUBSETS.iter().find(|(name, _)| *name == list.name).map(|(_, values)| *values);
    if subset.is_none() && list.terms.len() > 30 {
        return None;
    }
    // A part of a list is offered in the order in which people look for it.
    let offered: Vec<&super::standards::Term> = match subset {
        Some(values) => values.iter().filter_map(|value| list.terms.iter().find(|term| term.value == *value)).collect(),
        None => list.terms.iter().collect(),
    };
    let text = |value: &str, preferred: &str| match (list.name.as_str(), value) {
        ("NY", "Y") => "Yes".to_owned(),
        ("NY", "N") => "No".to_owned(),
        ("UNIT" | "FREQ" | "SEX" | "VSRESU", _) if value == preferred => value.to_owned(),
        ("SEX" | "FREQ", _) => preferred.to_owned(),
        ("UNIT" | "VSRESU", _) => value.to_owned(),
        _ => sentence(value),
    };
    let choices: Vec<Choice> = offered
        .into_iter()
        .map(|term| Choice {
            value: term.value.clone(),
            text: text(&term.value, &term.preferred),
            code: term.code.clone(),
        })
        .collect();
    (!choices.is_empty()).then(|| Choices { list: list.code.clone(), name: list.name.clone(), choices })
}

/// A list of units for one test.
pub(crate) fn units(values: &[String], list: &str) -> Option<Choices> {
    let list = standards().list(list)?;
    let found: Vec<Choice> = values
        .iter()
        .filter_map(|value| list.terms.iter().find(|term| term.value == *value))
        .map(|term| Choice { value: term.value.clone(), text: term.value.clone(), code: term.code.clone() })
        .collect();
    (!found.is_empty()).then(|| Choices { list: list.code.clone(), name: list.name.clone(), choices: found })
}

/// First letter large, the rest small.
pub(crate) fn sentence(value: &str) -> String {
    let lower = value.to_lowercase();
    let mut letters = lower.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Our own wording; a question of a COSMoS collection specialisation where there is one for the field.
fn question(domain: &str, name: &str, label: &str) -> String {
    let topic = standards().datasets.get(domain).map_or("record", |kind| kind.label.as_str()).to_lowercase();
    match (name, name.get(2..).unwrap_or("")) {
        ("VISDAT", _) => "On what date did the visit take place?".to_owned(),
        ("IEYN", _) => "Did the participant meet all criteria?".to_owned(),
        ("BRTHDAT", _) => "What is the participant's date of birth?".to_owned(),
        ("SEX", _) => "What is the participant's sex?".to_owned(),
        ("RACE", _) => "Which race does the participant report?".to_owned(),
        ("ETHNIC", _) => "Which ethnicity does the participant report?".to_owned(),
        (_, "YN") => format!("Is there any {topic} to record?"),
        (_, "PERF") => "Was it done?".to_owned(),
        (_, "STDAT") => "On what date did it begin?".to_owned(),
        (_, "ENDAT") => "On what date did it end?".to_owned(),
        (_, "DAT") => "On what date was it done?".to_owned(),
        (_, "TIM") => "At what time was it done?".to_owned(),
        (_, "ONGO") => "Is it still going on?".to_owned(),
        (_, "TERM" | "TRT") => format!("What was it? ({})", sentence(&topic)),
        _ => {
            let groups = standards().crf.iter().filter(|group| group.domain == domain);
            let known = groups.flat_map(|group| &group.items).find(|item| item.variable == name && item.item == name);
            known
                .filter(|item| !item.question.is_empty())
                .map_or_else(|| format!("{label}?"), |item| item.question.clone())
        }
    }
}

fn hint(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Date => "Day, month and year. Leave out what nobody knows; do not guess.",
        FieldKind::Time => "Hours and minutes, 24-hour clock.",
        FieldKind::Choice => "Choose one.",
        FieldKind::Decimal | FieldKind::Integer => "The number as measured, without rounding.",
        FieldKind::Text => "In the words of the source document.",
    }
}
