//! The trial summary TS: every parameter that the protocol gives, a null flavour where it cannot know.

use super::dataset::{Cell, Column, Dataset, Origin};
use super::finding::{Notes, Severity, T5_SUMMARY, T6_TERM};
use super::schedule::Schedule;
use super::standards::{SDTMIG, TERMINOLOGY, standards};
use super::time::duration;
use super::usdm::model::{Coded, Quantity, Study};
use super::words::{ascii, cut, number};

/// One value of a parameter.
struct Value {
    text: String,
    null: &'static str,
    code: String,
    system: String,
    version: String,
}

impl Value {
    fn text(text: impl Into<String>) -> Value {
        Value { text: text.into(), null: "", code: String::new(), system: String::new(), version: String::new() }
    }

    fn null(flavour: &'static str) -> Value {
        Value { null: flavour, ..Value::text("") }
    }

    fn from_system(text: impl Into<String>, code: &str, system: &str, version: &str) -> Value {
        let (code, system, version) = (code.to_owned(), system.to_owned(), version.to_owned());
        Value { code, system, version, ..Value::text(text) }
    }

    /// A value or a null flavour, never neither; a code only with its terminology.
    fn settled(mut self) -> Value {
        if ascii(&self.text).is_empty() {
            let null = if self.null.is_empty() { "NI" } else { self.null };
            return Value::null(null);
        }
        if ascii(&self.code).is_empty() || ascii(&self.system).is_empty() {
            for part in [&mut self.code, &mut self.system, &mut self.version] {
                part.clear();
            }
        }
        self
    }

    fn term(text: &str, code: &str) -> Value {
        Value::from_system(text, code, "CDISC CT", TERMINOLOGY)
    }

    fn yes(yes: bool) -> Value {
        if yes { Value::term("Y", "C49488") } else { Value::term("N", "C49487") }
    }
}

struct Summary<'a> {
    study: &'a Study,
    rows: Vec<(&'static str, String, Value)>,
    notes: &'a mut Notes,
}

pub(crate) fn summary(study: &Study, schedule: &Schedule, notes: &mut Notes) -> Dataset {
    let mut summary = Summary { study, rows: Vec::new(), notes };
    summary.identity();
    summary.design();
    summary.population();
    summary.treatment();
    summary.objectives();
    summary.times(schedule);
    let rows = summary.rows.into_iter().map(|(parameter, group, value)| (parameter, group, value.settled()));
    tabulate(study, rows.collect())
}

impl Summary<'_> {
    fn add(&mut self, parameter: &'static str, value: Value) {
        self.rows.push((parameter, String::new(), value));
    }

    /// The value when the protocol gives it, otherwise the null flavour.
    fn either(&mut self, parameter: &'static str, value: Option<Value>, flavour: &'static str) {
        let value = value.filter(|value| !value.text.is_empty());
        if value.is_none() {
            let words = format!("The protocol gives no value for {parameter}; it is tabulated as {flavour}.");
            self.notes.find(T5_SUMMARY, Severity::Note, format!("TS/{parameter}"), words);
        }
        self.add(parameter, value.unwrap_or(Value::null(flavour)));
    }

    /// A coded value that must be a term of the parameter's response list.
    fn coded(&mut self, list: &str, coded: &Coded, path: &str) -> Option<Value> {
        let term = standards().term(list, &coded.code).or_else(|| {
            let upper = coded.decode.to_uppercase();
            standards().value(list, &upper).or_else(|| {
                let terms = standards().list(list)?.terms.iter();
                terms.into_iter().find(|term| term.preferred.eq_ignore_ascii_case(&coded.decode))
            })
        });
        if term.is_none() {
            let words = format!("{} ({}) is no term of {list}.", coded.decode, coded.code);
            self.notes.find(T6_TERM, Severity::Warning, path, words);
        }
        term.map(|term| Value::term(&term.value, &term.code))
    }

    fn identity(&mut self) {
        let study = self.study;
        self.either("TITLE", Some(Value::text(&study.title)), "NI");
        self.either("SPONSOR", Some(Value::text(&study.sponsor)), "NI");
        let registries: Vec<Value> = study
            .registries
            .iter()
            .filter(|(identifier, ..)| !identifier.is_empty())
            .map(|(identifier, name, _)| {
                let name = if identifier.starts_with("NCT") { "ClinicalTrials.gov" } else { name };
                Value::from_system(identifier, identifier, name, "")
            })
            .collect();
        if registries.is_empty() {
            self.either("REGID", None, "NI");
        }
        for value in registries {
            self.add("REGID", value);
        }
        self.add("SDTIGVER", Value::text(SDTMIG));
        self.add("SDTMVER", Value::text("2.0"));
        // What only the conduct of the study can tell.
        for (parameter, flavour) in [("ACTSUB", "NAV"), ("SENDTC", "NAV"), ("DCUTDTC", "NAV"), ("DCUTDESC", "NAV")] {
            self.add(parameter, Value::null(flavour));
        }
        self.add("SSTDTC", Value::null("NAV"));
        self.add("PIPIND", Value::yes(study.pediatric_plan));
    }

    fn design(&mut self) {
        let design = &self.study.design;
        let path = design.path.clone();
        let kind = design.kind.clone().unwrap_or_default();
        let kind = self.coded("STYPE", &kind, &path);
        self.either("STYPE", kind, "NI");
        let phase = design.phase.clone().and_then(|phase| self.coded("TPHASE", &phase, &path));
        self.either("TPHASE", phase, "NI");
        if design.observational {
            let model = design.model.clone().map(|model| Value::text(model.decode.to_uppercase()));
            self.either("OBSMODEL", model, "NI");
            let perspective = design.time_perspective.clone().map(|coded| Value::text(coded.decode.to_uppercase()));
            self.either("OBSTIMP", perspective, "NI");
            let sampling = design.sampling.clone().map(|coded| Value::text(coded.decode.to_uppercase()));
            self.either("OBSTSMM", sampling, "NI");
        } else {
            let model = design.model.clone().and_then(|model| self.coded("INTMODEL", &model, &path));
            self.either("INTMODEL", model, "NI");
        }
        let blinding = design.blinding.clone().and_then(|coded| self.coded("TBLIND", &coded, &path));
        self.either("TBLIND", blinding, if design.observational { "NA" } else { "NI" });
        self.many("TINDTP", "TINDTP", &design.intents.clone(), &path);
        self.many("TTYPE", "TTYPE", &design.subtypes.clone(), &path);
        let arms = design.arms.len() as f64;
        self.add("NARMS", Value::text(number(arms)));
        let randomised =
            design.characteristics.iter().any(|c| ["C46079", "C147145", "C25196"].contains(&c.code.as_str()));
        let told = ["random"].iter().any(|word| self.study.title.to_lowercase().contains(word))
            || design.activities.iter().any(|activity| activity.named.title().to_lowercase().contains("randomi"));
        self.add("RANDOM", Value::yes(randomised || told));
        let adaptive = design.characteristics.iter().any(|c| c.decode.eq_ignore_ascii_case("adaptive"));
        self.add("ADAPT", Value::yes(adaptive));
        let extension = design.characteristics.iter().any(|c| c.decode.eq_ignore_ascii_case("extension"));
        self.add("EXTTIND", Value::yes(extension));
        let area = design.areas.first().map(|area| Value::text(&area.decode));
        self.either("THERAREA", area, "NI");
        for (words, dna) in design.retained.clone() {
            self.add("RTSPCDES", Value::text(words));
            self.add("BRDNAIND", Value::yes(dna == Some(true)));
        }
        self.either("BRIND", (!design.retained.is_empty()).then(|| Value::yes(true)), "NI");
        for parameter in ["ADDON", "STOPRULE", "SSTDYIND", "DMCIND"] {
            self.either(parameter, None, "NI");
        }
    }

    fn many(&mut self, parameter: &'static str, list: &str, values: &[Coded], path: &str) {
        let terms: Vec<Value> = values.iter().filter_map(|coded| self.coded(list, coded, path)).collect();
        if terms.is_empty() {
            self.either(parameter, None, "NI");
        }
        for value in terms {
            self.add(parameter, value);
        }
    }

    fn population(&mut self) {
        let population = &self.study.design.population;
        self.either("PLANSUB", population.planned.map(|planned| Value::text(number(planned))), "NI");
        let age = |age: &Option<Quantity>| age.as_ref().and_then(iso_age).map(Value::text);
        self.either("AGEMIN", age(&population.age_min), "NINF");
        self.either("AGEMAX", age(&population.age_max), "PINF");
        let both = population.sexes.len() > 1;
        let sexes = population.sexes.first().cloned();
        let sex = match sexes {
            Some(_) if both => Some(Value::term("BOTH", "C49636")),
            Some(coded) => self.coded("SEXPOP", &coded, &population.path),
            None => None,
        };
        self.either("SEXPOP", sex, "NI");
        self.either("HLTSUBJI", population.healthy.map(Value::yes), "NI");
        self.add(
            "NCOHORT",
            if population.cohorts > 0 { Value::text(population.cohorts.to_string()) } else { Value::null("NA") },
        );
        let children = population.age_min.as_ref().and_then(years);
        self.add("PDSTIND", children.map_or(Value::null("NI"), |years| Value::yes(years < 18.0)));
        let mut seen = std::collections::BTreeSet::new();
        let mut rare = false;
        for (named, code, is_rare) in self.study.design.indications.clone() {
            rare |= is_rare;
            if seen.insert(named.title().to_lowercase()) {
                let snomed = code.filter(|code| code.system.to_lowercase().contains("snomed"));
                let value = match snomed {
                    Some(code) => Value::from_system(named.title(), &code.code, "SNOMED", &code.version),
                    None => Value::text(named.title()),
                };
                self.add("INDIC", value);
            }
        }
        if seen.is_empty() {
            self.either("INDIC", None, "NI");
        }
        self.add("RDIND", Value::yes(rare));
    }

    fn treatment(&mut self) {
        let study = self.study;
        let path = format!("{}/studyInterventions", study.path);
        if study.interventions.is_empty() {
            for parameter in ["TRT", "INTTYPE", "DOSE", "ROUTE"] {
                self.either(parameter, None, "NI");
            }
        }
        for (at, intervention) in study.interventions.iter().enumerate() {
            let group = if study.interventions.len() > 1 { format!("TRT{}", at + 1) } else { String::new() };
            let from = self.rows.len();
            let comparator =
                intervention.role.as_ref().is_some_and(|role| ["C68609", "C753"].contains(&role.code.as_str()));
            self.add(if comparator { "COMPTRT" } else { "TRT" }, Value::text(intervention.named.title()));
            let kind = intervention.kind.clone().and_then(|kind| self.coded("INTTYPE", &kind, &path));
            self.either("INTTYPE", kind, "NI");
            for administration in &intervention.administrations {
                if let Some(dose) = &administration.dose {
                    self.add("DOSE", Value::text(number(dose.value)));
                    let unit = standards().term("UNIT", &dose.unit.code);
                    self.add("DOSU", unit.map_or(Value::null("NI"), |unit| Value::term(&unit.value, &unit.code)));
                }
                if let Some(route) = &administration.route {
                    let route = self.coded("ROUTE", route, &path).unwrap_or(Value::null("NI"));
                    self.add("ROUTE", route);
                }
                if let Some(frequency) = &administration.frequency {
                    let frequency = self.coded("FREQ", frequency, &path).unwrap_or(Value::null("NI"));
                    self.add("DOSFRQ", frequency);
                }
                if let Some(length) = administration.duration.as_ref().and_then(iso_age) {
                    self.add("PTRTDUR", Value::text(length));
                }
            }
            for (_, grouped, _) in self.rows.iter_mut().skip(from) {
                grouped.clone_from(&group);
            }
        }
        let placebo = study.design.arms.iter().any(|arm| {
            arm.kind.as_ref().is_some_and(|kind| kind.code == "C174268") || arm.text.to_lowercase().contains("placebo")
        });
        let active = study.interventions.iter().any(|i| i.role.as_ref().is_some_and(|role| role.code == "C68609"));
        let control = match (placebo, active, study.design.arms.len()) {
            (true, ..) => Some(Value::term("PLACEBO", "C49648")),
            (_, true, _) => Some(Value::term("ACTIVE", "C49649")),
            (_, _, 0 | 1) => Some(Value::term("NONE", "C41132")),
            _ => None,
        };
        self.either("TCNTRL", control, "NI");
        for (class, _) in &study.classes {
            self.add("PCLAS", Value::from_system(&class.decode, &class.code, "MED-RT", &class.version));
        }
        if study.classes.is_empty() {
            self.either("PCLAS", None, "NI");
        }
        self.either("CURTRT", None, "NI");
    }

    fn objectives(&mut self) {
        for (at, objective) in self.study.design.objectives.iter().enumerate() {
            let (own, measure) = match objective.level.as_str() {
                "C85826" => ("OBJPRIM", "OUTMSPRI"),
                "C163559" => ("OBJEXP", "OUTMSEXP"),
                _ => ("OBJSEC", "OUTMSSEC"),
            };
            let group = format!("OBJ{}", at + 1);
            let words = if objective.words.is_empty() { Value::null("NI") } else { Value::text(&objective.words) };
            self.rows.push((own, group.clone(), words));
            for (_, words) in &objective.endpoints {
                let value = if words.is_empty() { Value::null("NI") } else { Value::text(words) };
                self.rows.push((measure, group.clone(), value));
            }
        }
        for parameter in ["OBJPRIM", "OUTMSPRI"] {
            if !self.rows.iter().any(|(own, ..)| *own == parameter) {
                self.either(parameter, None, "NI");
            }
        }
    }

    fn times(&mut self, schedule: &Schedule) {
        let main = self.study.design.timelines.iter().find(|timeline| timeline.main);
        let planned = main.and_then(|timeline| timeline.planned.as_ref()).and_then(iso_age);
        let moments = || schedule.visits.iter().filter_map(|visit| visit.moment);
        let derived = || Some(duration(moments().max()? - moments().min()?)).filter(|text| !text.starts_with('-'));
        let length = planned.or_else(derived);
        self.either("LENGTH", length.map(Value::text), "NI");
        let (sites, european) = (self.study.sites, self.study.eu_sites);
        self.either("MSEUTIND", (sites > 0).then(|| Value::yes(european > 1)), "NI");
        self.either("SSEUTIND", (sites > 0).then(|| Value::yes(european == 1)), "NI");
    }
}

/// The start of the study as the data has it: the first consent of its synthetic subjects, as the datasets stand together.
/// Without subjects it is not known, and the null flavour stays. Conformance rules read a start without a date as a
/// wrong date, and a real start takes this one's place when the study begins.
pub(crate) fn begin(datasets: &mut [Dataset]) {
    let subjects = datasets.iter().find(|dataset| dataset.name == "DM");
    let consents = subjects.into_iter().flat_map(|dm| dm.rows.iter().map(|row| dm.cell(row, "RFICDTC").shown()));
    let first = consents.filter(|date| super::time::parse_date(date).is_some()).min();
    let (Some(first), Some(summary)) = (first, datasets.iter_mut().find(|dataset| dataset.name == "TS")) else {
        return;
    };
    let at = |name: &str| summary.at(name);
    let (Some(parameter), Some(value), Some(null)) = (at("TSPARMCD"), at("TSVAL"), at("TSVALNF")) else { return };
    for row in summary.rows.iter_mut().filter(|row| row.get(parameter) == Some(&Cell::text("SSTDTC"))) {
        if let Some(cell) = row.get_mut(value) {
            *cell = Cell::text(first.get(..10).unwrap_or(&first));
        }
        if let Some(cell) = row.get_mut(null) {
            *cell = Cell::Missing;
        }
    }
}

/// A length with a unit as an ISO 8601 duration.
fn iso_age(quantity: &Quantity) -> Option<String> {
    let unit = match quantity.unit.code.as_str() {
        "C29848" => "Y",
        "C29846" => "M",
        "C29844" => "W",
        "C25301" => "D",
        "C25529" => return Some(format!("PT{}H", number(quantity.value))),
        "C48154" => return Some(format!("PT{}M", number(quantity.value))),
        _ => return None,
    };
    Some(format!("P{}{unit}", number(quantity.value)))
}

fn years(quantity: &Quantity) -> Option<f64> {
    match quantity.unit.code.as_str() {
        "C29848" => Some(quantity.value),
        "C29846" => Some(quantity.value / 12.0),
        "C29844" => Some(quantity.value / 52.0),
        "C25301" => Some(quantity.value / 365.0),
        _ => None,
    }
}

/// Rows in the order of the parameters, long texts over TSVAL, TSVAL1, and so on.
fn tabulate(study: &Study, rows: Vec<(&'static str, String, Value)>) -> Dataset {
    let variables = [
        "STUDYID", "DOMAIN", "TSSEQ", "TSGRPID", "TSPARMCD", "TSPARM", "TSVAL", "TSVALNF", "TSVALCD", "TSVCDREF",
        "TSVCDVER",
    ];
    let mut dataset = Dataset::new("TS", &variables, &["STUDYID", "TSPARMCD", "TSSEQ"]);
    let split: Vec<Vec<String>> = rows.iter().map(|(_, _, value)| pieces(&ascii(&value.text))).collect();
    let more = split.iter().map(Vec::len).max().unwrap_or(1).saturating_sub(1);
    let names: Vec<String> = (1..=more).map(|at| format!("TSVAL{at}")).collect();
    if let Some(at) = dataset.at("TSVAL") {
        for (offset, name) in names.iter().enumerate() {
            let base = dataset.columns.get(at).cloned();
            if let Some(base) = base {
                let column = Column {
                    name: name.clone(),
                    label: format!("Parameter Value {}", offset + 1),
                    core: "Perm".to_owned(),
                    ..base
                };
                dataset.columns.insert(at + offset + 1, column);
            }
        }
    }
    let mut sequence = std::collections::BTreeMap::new();
    for ((parameter, group, value), pieces) in rows.into_iter().zip(split) {
        let number = sequence.entry(parameter).or_insert(0_u32);
        *number += 1;
        let name = standards().list("TSPARMCD").and_then(|list| list.terms.iter().find(|term| term.value == parameter));
        let long = name.and_then(|name| standards().term("TSPARM", &name.code)).map_or("", |term| term.value.as_str());
        let mut cells = vec![
            ("STUDYID", Cell::text(&study.identifier)),
            ("DOMAIN", Cell::text("TS")),
            ("TSSEQ", Cell::number(*number)),
            ("TSGRPID", Cell::text(&group)),
            ("TSPARMCD", Cell::text(parameter)),
            ("TSPARM", Cell::text(long)),
            ("TSVALNF", Cell::text(value.null)),
            ("TSVALCD", Cell::text(&value.code)),
            ("TSVCDREF", Cell::text(&value.system)),
            ("TSVCDVER", Cell::text(&value.version)),
        ];
        let columns = std::iter::once("TSVAL").chain(names.iter().map(String::as_str));
        cells.extend(columns.zip(pieces.iter().map(|piece| Cell::text(piece))));
        dataset.push(&cells);
    }
    dataset.origin(&["TSVAL", "TSVALNF", "TSVALCD", "TSVCDREF", "TSVCDVER", "TSGRPID"], Origin::Protocol, "");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    dataset.origin(&names, Origin::Protocol, "");
    dataset.sort();
    dataset
}

fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    // Nine columns hold 2,000 characters, more than any parameter needs.
    while !rest.is_empty() && pieces.len() < 10 {
        let (head, tail) = cut(rest, 200);
        pieces.push(head.to_owned());
        rest = tail;
    }
    if pieces.is_empty() { vec![String::new()] } else { pieces }
}
