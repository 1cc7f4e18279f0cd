//! From the protocol to the data and back: one line for every step, no orphan on either side.

use serde::Serialize;

use super::concepts::{Resolution, Step, Target};
use super::csv::Table;
use super::dataset::Dataset;
use super::form::Form;
use super::usdm::model::Study;

/// One path from a place in the protocol to a column of data.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    protocol: String,
    words: String,
    step: String,
    confidence: u8,
    concept: String,
    form: String,
    field: String,
    variable: String,
    define: String,
    odm: String,
    column: String,
    why: String,
}

pub(crate) fn lines(study: &Study, resolutions: &[Resolution], forms: &[Form], datasets: &[Dataset]) -> Vec<Line> {
    let mut lines = Vec::new();
    for form in forms {
        let sources: Vec<&Resolution> = resolutions.iter().filter(|resolution| feeds(resolution, form)).collect();
        for field in form.groups.iter().flat_map(|group| &group.fields) {
            let own: Vec<&&Resolution> = sources.iter().filter(|source| concerns(source, &field.testcd)).collect();
            let targets: Vec<(String, String)> = if field.destinations.is_empty() {
                vec![(String::new(), String::new())]
            } else {
                field.destinations.iter().map(|one| (one.dataset.clone(), one.variable.clone())).collect()
            };
            for (dataset, variable) in targets {
                let base = line(form, &field.oid, &dataset, &variable, &field.testcd, datasets);
                if own.is_empty() {
                    let why = if form.added_because.is_empty() {
                        "The form of the activity asks for it."
                    } else {
                        &form.added_because
                    };
                    lines.push(Line { protocol: study.design.path.clone(), why: why.to_owned(), ..base.clone() });
                }
                for source in &own {
                    lines.push(Line {
                        protocol: source.path.clone(),
                        words: source.words.clone(),
                        step: step(source.step).to_owned(),
                        confidence: source.step.confidence(),
                        concept: concept(&source.target),
                        why: source.reason.clone(),
                        ..base.clone()
                    });
                }
            }
        }
    }
    lines.extend(resolutions.iter().filter(|one| one.target == Target::NoData).map(|one| Line {
        protocol: one.path.clone(),
        words: one.words.clone(),
        step: step(one.step).to_owned(),
        confidence: one.step.confidence(),
        concept: "no data".to_owned(),
        why: one.reason.clone(),
        ..empty()
    }));
    design(study, datasets, &mut lines);
    lines
}

fn empty() -> Line {
    Line {
        protocol: String::new(),
        words: String::new(),
        step: String::new(),
        confidence: 0,
        concept: String::new(),
        form: String::new(),
        field: String::new(),
        variable: String::new(),
        define: String::new(),
        odm: String::new(),
        column: String::new(),
        why: String::new(),
    }
}

fn line(form: &Form, field: &str, dataset: &str, variable: &str, testcd: &str, datasets: &[Dataset]) -> Line {
    let known = datasets.iter().find(|one| one.name == dataset);
    let filled = known.is_some_and(|one| !one.rows.is_empty());
    let value = variable.ends_with("ORRES") && !testcd.is_empty();
    let define = match (known.is_some(), value) {
        (false, _) => String::new(),
        (true, true) => format!("IT.{dataset}.{variable}.{testcd}"),
        (true, false) => format!("IT.{dataset}.{variable}"),
    };
    Line {
        form: form.oid.clone(),
        field: field.to_owned(),
        variable: if dataset.is_empty() { "[NOT SUBMITTED]".to_owned() } else { format!("{dataset}.{variable}") },
        define,
        odm: field.to_owned(),
        column: if filled { format!("data/{}.xpt#{variable}", dataset.to_lowercase()) } else { String::new() },
        ..empty()
    }
}

/// Whether an activity asked for the form.
fn feeds(resolution: &Resolution, form: &Form) -> bool {
    let domain = match &resolution.target {
        Target::NoData => return false,
        Target::Form { domain, .. } | Target::Test { domain, .. } => domain,
    };
    form.activities.contains(&resolution.activity)
        && (*domain == form.domain || form.domain == "PR" || form.domain == "LB")
}

/// Whether a concept concerns a field: the field of its test, or any field that belongs to no test.
fn concerns(resolution: &Resolution, field: &str) -> bool {
    match &resolution.target {
        Target::Test { testcd, .. } => field.is_empty() || testcd == field,
        _ => true,
    }
}

fn concept(target: &Target) -> String {
    match target {
        Target::Test { domain, testcd, .. } => format!("{domain} {testcd}"),
        Target::Form { domain, detail } => format!("{domain} {detail}").trim_end().to_owned(),
        Target::NoData => "no data".to_owned(),
    }
}

fn step(step: Step) -> &'static str {
    match step {
        Step::Remembered => "remembered",
        Step::Specialization => "specialization",
        Step::ConceptCode => "concept-code",
        Step::Synonym => "synonym",
        Step::Topic => "topic",
        Step::NoData => "no-data",
        Step::Unresolved => "unresolved",
    }
}

/// The trial design datasets come from the design itself.
fn design(study: &Study, datasets: &[Dataset], lines: &mut Vec<Line>) {
    let sources = [
        ("TA", "arms, epochs and studyCells"),
        ("TE", "elements"),
        ("TI", "eligibilityCriteria"),
        ("TS", "the study version and its design"),
        ("TV", "encounters and the main timeline"),
    ];
    for dataset in datasets.iter().filter(|dataset| dataset.is_reference()) {
        let source = sources.iter().find(|(name, _)| *name == dataset.name).map_or("", |(_, source)| source);
        for column in &dataset.columns {
            lines.push(Line {
                protocol: study.design.path.clone(),
                words: source.to_owned(),
                step: "derived".to_owned(),
                confidence: 100,
                variable: format!("{}.{}", dataset.name, column.name),
                define: format!("IT.{}.{}", dataset.name, column.name),
                column: format!("data/{}.xpt#{}", dataset.name.to_lowercase(), column.name),
                why: format!("SDTMIG 3.4 {}", dataset.name),
                ..empty()
            });
        }
    }
}

pub(crate) fn csv(lines: &[Line]) -> Vec<u8> {
    let mut table = Table::new(&[
        "protocol",
        "words",
        "step",
        "confidence",
        "concept",
        "form",
        "field",
        "variable",
        "define",
        "odm",
        "column",
        "why",
    ]);
    for line in lines {
        let confidence = line.confidence.to_string();
        table.row(&[
            &line.protocol,
            &line.words,
            &line.step,
            &confidence,
            &line.concept,
            &line.form,
            &line.field,
            &line.variable,
            &line.define,
            &line.odm,
            &line.column,
            &line.why,
        ]);
    }
    table.into_bytes()
}

pub(crate) fn json(lines: &[Line]) -> Vec<u8> {
    serde_json::to_vec(lines).unwrap_or_default()
}
