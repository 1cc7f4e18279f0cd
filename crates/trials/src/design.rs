//! A study definition becomes the artefacts of a study build: bytes in, files out.
//!
//! The steps, in order: read the definition and find what is wrong with it ([`Finding`]), resolve its schedule
//! ([`Schedule`]), know what each activity collects ([`Resolution`]), lay out the forms ([`Form`]), derive the
//! datasets, and write every artefact. Defects never stop a build: they become findings, and where they can be
//! repaired, proposals that a person accepts. The same order gives the same bytes, and no step knows the time.

mod acrf;
mod amend;
mod candidates;
mod chance;
mod concepts;
mod conformance;
mod coverage;
mod csv;
mod dataset;
mod dataset_json;
mod define;
mod edits;
mod fields;
mod finding;
mod form;
mod forms;
mod html;
mod odm;
mod odm2;
mod pdf;
mod report;
mod rulebook;
mod schedule;
mod spec;
mod standards;
mod summary;
mod synthetic;
mod tabulation;
mod testkit;
mod time;
mod trace;
mod trial;
mod usdm;
mod words;
mod xlsx;
mod xml;
mod xpt;

pub use amend::{Amendment, Change, Kind as ChangeKind, amend};
pub use candidates::candidates;
pub use concepts::{Choice as RememberedChoice, Choices as RememberedChoices, Resolution, Step, Target};
pub use conformance::Outcome;
pub use coverage::Coverage;
pub use finding::{Finding, Proposal, Severity};
pub use form::{CheckRule, Choice, Choices, Destination, EditCheck, Field, FieldKind, Form, Group};
pub use rulebook::{CameOut, Rulebook, Verdict};
pub use schedule::{Cell, Event, Occasion, Point, Schedule, Visit};

pub use usdm::drafted::AI_PROVENANCE;

use dataset::Dataset;
use finding::Notes;
use usdm::model::Study;

/// What to build.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// The study definition, USDM 4.0 JSON (3.x is upgraded).
    pub protocol: &'a [u8],
    /// Decisions that people of the organisation took before.
    pub remembered: RememberedChoices,
    /// Which design of the study version to build, counted from 0.
    pub design: usize,
    /// Seed of the synthetic subjects.
    pub seed: u64,
    /// How many synthetic subjects to make, 1,000 at most.
    pub subjects: u16,
    /// Date and time to be written into the artefacts, ISO 8601 with a zone. When it is `None`, the latest date that
    /// the protocol names: the build knows no clock.
    pub created: Option<String>,
}

impl<'a> Order<'a> {
    /// The usual order for a protocol: eight synthetic subjects, no remembered choices.
    pub fn new(protocol: &'a [u8]) -> Order<'a> {
        let remembered = RememberedChoices::default();
        Order { protocol, remembered, design: 0, seed: 20_250_328, subjects: 8, created: None }
    }
}

/// One artefact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path relative to the build, with forward slashes.
    pub name: String,
    /// Media type.
    pub media: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
}

/// A built study.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// Whether there was a study to build; otherwise there is a report and nothing else.
    pub readable: bool,
    /// STUDYID.
    pub study: String,
    /// Official title.
    pub title: String,
    /// Every artefact, by name.
    pub files: Vec<File>,
    /// What was found, heaviest first.
    pub findings: Vec<Finding>,
    /// Repairs to accept or reject.
    pub proposals: Vec<Proposal>,
    /// The resolved schedule.
    pub schedule: Schedule,
    /// Labels of the activities in the order of the protocol.
    pub activities: Vec<String>,
    /// What each activity collects.
    pub resolutions: Vec<Resolution>,
    /// How well the activities are known.
    pub coverage: Coverage,
    /// The forms.
    pub forms: Vec<Form>,
    /// The edit checks.
    pub checks: Vec<EditCheck>,
    /// How each native rule came out.
    pub outcomes: Vec<Outcome>,
    /// Findings that block release; a preview is built all the same.
    pub blockers: usize,
}

const SUBJECTS_MAX: u16 = 1_000;

/// Builds every artefact. Never fails and never panics: whatever is wrong becomes a finding.
pub fn build(order: &Order) -> Built {
    let mut notes = Notes::default();
    let Some((mut study, mut outcomes)) = usdm::read(order.protocol, order.design, &mut notes) else {
        return unreadable(order, notes);
    };
    let mut schedule = schedule::resolve(&study.design, &mut notes);
    schedule::condition(&study, &mut schedule, &mut notes);
    trial::settle_elements(&mut study, &schedule, &mut notes);
    let resolutions = concepts::resolve(&study, &order.remembered, &mut notes);
    let forms = forms::forms(&study, &schedule, &resolutions, &mut notes);
    let checks = edits::checks(&forms, &schedule);
    let datasets = datasets(order, &study, &schedule, &forms, &mut notes);
    let created = order.created.clone().unwrap_or_else(|| latest_date(&study));
    let acrf = acrf::annotated(&study, &schedule, &forms);
    let build = odm::Build { study: &study, schedule: &schedule, forms: &forms, checks: &checks, created: &created };
    let cases = testkit::cases(&build);
    let parts = Parts { build: &build, datasets: &datasets, acrf: &acrf, cases: &cases, resolutions: &resolutions };
    let files = parts.files(&mut notes);
    let whole = conformance::Whole {
        study: &study,
        schedule: &schedule,
        resolutions: &resolutions,
        forms: &forms,
        datasets: &datasets,
        acrf: &acrf,
        cases: &cases,
    };
    outcomes.extend(conformance::run(&whole, &mut notes));
    let (findings, proposals, blockers) = notes.settle();
    drop(cases);
    let mut built = Built {
        readable: true,
        study: study.identifier.clone(),
        title: study.title.clone(),
        files,
        findings,
        proposals,
        activities: study.design.activities.iter().map(|activity| activity.named.title().to_owned()).collect(),
        coverage: coverage::coverage(&study, &resolutions),
        schedule,
        resolutions,
        forms,
        checks,
        outcomes,
        blockers,
    };
    seal(order, &created, &mut built);
    built
}

/// A document that is no study: the report says why, and there is nothing else.
fn unreadable(order: &Order, notes: Notes) -> Built {
    let (findings, proposals, blockers) = notes.settle();
    let mut built = Built { findings, proposals, blockers, ..Built::default() };
    let created = order.created.clone().unwrap_or_else(|| "2000-01-01T00:00:00Z".to_owned());
    seal(order, &created, &mut built);
    built
}

/// Adds the report and, last, the manifest over everything else.
fn seal(order: &Order, created: &str, built: &mut Built) {
    let file = |name: &str, media: &'static str, bytes: Vec<u8>| File { name: name.to_owned(), media, bytes };
    built.files.push(file("report.json", "application/json", report::report(built, &built.outcomes)));
    built.files.push(file("findings.csv", "text/csv", report::findings_csv(&built.findings)));
    built.files.sort_by(|a, b| a.name.cmp(&b.name));
    let manifest = report::manifest(order, created, built, &built.files);
    built.files.push(file("manifest.json", "application/json", manifest));
}

/// What the artefacts are written from.
struct Parts<'a> {
    build: &'a odm::Build<'a>,
    datasets: &'a [Dataset],
    acrf: &'a acrf::Annotated,
    cases: &'a [testkit::Case<'a>],
    resolutions: &'a [Resolution],
}

const XML: &str = "application/xml";
const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

impl Parts<'_> {
    fn files(&self, notes: &mut Notes) -> Vec<File> {
        let odm::Build { study, schedule, forms, checks, created } = *self.build;
        let mut files = Vec::new();
        let mut add = |name: &str, media: &'static str, bytes: Vec<u8>| {
            files.push(File { name: name.to_owned(), media, bytes });
        };
        let source = define::Source { study, datasets: self.datasets, forms, acrf: self.acrf, created };
        add("define.xml", XML, define::write(&source, notes));
        add("define.xsl", "text/xsl", define::STYLESHEET.as_bytes().to_vec());
        add("acrf.pdf", "application/pdf", self.acrf.bytes.clone());
        add("odm-1.3.2.xml", XML, odm::write(self.build));
        add("odm-2.0.xml", XML, odm2::write(self.build));
        add("forms.html", "text/html", html::preview(study, schedule, forms));
        let data = serde_json::json!({ "forms": forms, "checks": checks });
        add("forms.json", JSON, serde_json::to_vec_pretty(&data).unwrap_or_default());
        add("schedule.json", JSON, serde_json::to_vec_pretty(schedule).unwrap_or_default());
        add("mapping.csv", CSV, spec::csv(forms));
        add("mapping.json", JSON, spec::json(forms, self.datasets));
        add("mapping.xlsx", XLSX, spec::xlsx(forms, self.datasets));
        add("testkit/clinical-data.xml", XML, testkit::clinical_data(self.build, self.cases));
        add("testkit/expected.csv", CSV, testkit::expected(self.cases));
        let trace = trace::lines(study, self.resolutions, forms, self.datasets);
        add("trace.csv", CSV, trace::csv(&trace));
        add("trace.json", JSON, trace::json(&trace));
        for dataset in self.datasets.iter().filter(|dataset| !dataset.rows.is_empty()) {
            let name = dataset.name.to_lowercase();
            add(&format!("data/{name}.xpt"), "application/octet-stream", xpt::write(dataset, created));
            add(&format!("data/{name}.json"), JSON, dataset_json::write(dataset, &study.identifier, created));
        }
        files
    }
}

/// Trial design first, then what is about subjects, the latter filled with synthetic subjects.
fn datasets(order: &Order, study: &Study, schedule: &Schedule, forms: &[Form], notes: &mut Notes) -> Vec<Dataset> {
    let mut datasets = vec![
        trial::arms(study, notes),
        trial::elements(study),
        trial::criteria(study),
        summary::summary(study, schedule, notes),
        trial::visits(study, schedule),
    ];
    let mut collected = tabulation::plan(forms);
    let world = synthetic::World { study, schedule, forms, points: synthetic::points(schedule) };
    synthetic::fill(&world, &mut collected, order.seed, order.subjects.min(SUBJECTS_MAX));
    datasets.extend(collected);
    summary::begin(&mut datasets);
    datasets
}

/// The latest date that the protocol names, as a moment; a fixed one when it names none.
fn latest_date(study: &Study) -> String {
    let dates = study.dates.iter().filter_map(|(_, date)| time::parse_date(date));
    format!("{}T00:00:00Z", time::date(dates.max().unwrap_or(time::day_number(2000, 1, 1))))
}
